import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Refusal } from '../../protocol/refusal.js';
import { refusalBody } from '../http/answer.js';
import { SECURITY_HEADERS } from '../http/security-headers.js';

/** How long a refused peer may take to read its answer and hang up. */
const LINGER_MS = 2_000;

/**
 * Answers an upgrade with HTTP: the error body of the registry, complete and well-formed, and closes. The connection is closed in our
 * direction first and drained, because closing with unread input resets it and the peer may lose the answer.
 */
export function refuseUpgrade(socket: Socket, refusal: Refusal, headers: Readonly<Record<string, string>>, traceId: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { retryAfterMs, httpStatus } = refusal;
  const body = refusalBody(refusal, traceId);
  const lines = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    ...SECURITY_HEADERS,
    Connection: 'close',
    ...(retryAfterMs !== undefined && { 'Retry-After': String(Math.ceil(retryAfterMs / 1_000)) }),
    ...headers,
  };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  // Nobody else listens any more: without this a reset would end the process.
  socket.on('error', () => socket.destroy());
  socket.setTimeout(LINGER_MS, () => socket.destroy());
  socket.once('end', () => socket.destroy());
  socket.end(`HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus] ?? ''}\r\n${head.join('')}\r\n${body}`);
  socket.resume();
}
