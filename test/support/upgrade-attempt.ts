import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

export interface Attempt {
  readonly status: number;
  readonly code: string | undefined;
  readonly text: string;
  readonly protocol: string;
}

/** Tries to open a socket and answers what came of it; one that opened is closed again. */
export async function attemptUpgrade(
  port: number,
  path: string,
  protocols: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Attempt> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, [...protocols], { headers });
  socket.on('error', () => undefined);
  const opened = once(socket, 'open').then(() => undefined);
  const refused = once(socket, 'unexpected-response').then(([, response]) => response as IncomingMessage);
  const response = await Promise.race([opened, refused]);
  if (response === undefined) {
    const { protocol } = socket;
    socket.close();
    await once(socket, 'close');
    return { status: 101, code: undefined, text: '', protocol };
  }
  let text = '';
  for await (const chunk of response) text += String(chunk);
  socket.terminate();
  return { status: response.statusCode ?? 0, code: (JSON.parse(text) as { code: string }).code, text, protocol: '' };
}

/** An upgrade with a token in its header. */
export function attemptWith(port: number, token: string): Promise<Attempt> {
  return attemptUpgrade(port, '/ws', ['waybill.v1'], { authorization: `Bearer ${token}` });
}
