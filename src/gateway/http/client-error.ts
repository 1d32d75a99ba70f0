import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import { Refusal } from '../../protocol/refusal.js';
import { refusalBody } from './answer.js';
import { refusalOf } from './refusal-of.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** The response that a socket is busy with, as Node's own server looks it up. */
type ServingSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

/** Answers what is not HTTP, or did not arrive in time, with the error body. There is no request yet, so no hook ran. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  const response = (socket as ServingSocket)._httpMessage;
  const answering = response !== undefined && response !== null && response.headersSent;
  if (error.code !== 'ECONNRESET' && socket.writable && !answering) socket.write(refusalMessage(clientRefusal(error)));
  socket.destroySoon();
}

/** Answers an address that the router cannot read. It did not come as far as a route, so no hook ran. */
export function answerRoutingError(error: Error, _request: unknown, reply: FastifyReply): void {
  const refusal = refusalOf(error) ?? Refusal.badRequest('path', 'cannot be read');
  void reply
    .status(refusal.httpStatus)
    .headers(SECURITY_HEADERS)
    .type('application/json; charset=utf-8')
    .send(refusalBody(refusal, undefined));
}

function clientRefusal(error: NodeJS.ErrnoException): Refusal {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Refusal('TIMEOUT', 'the request did not arrive in time (options gateway.headersTimeoutMs and gateway.requestTimeoutMs)');
    case 'HPE_HEADER_OVERFLOW':
      return new Refusal('PAYLOAD_TOO_LARGE', 'headers: over 16 KiB', { field: 'headers' });
    default:
      return Refusal.badRequest('request', 'not valid HTTP/1.1');
  }
}

/** A whole answer of HTTP/1.1, for a socket that no response stands on. */
export function refusalMessage(refusal: Refusal): string {
  const body = refusalBody(refusal, undefined);
  const secured = Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}\r\n`);
  return (
    `HTTP/1.1 ${refusal.httpStatus} ${STATUS_CODES[refusal.httpStatus] ?? ''}\r\n` +
    `${secured.join('')}Content-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  );
}
