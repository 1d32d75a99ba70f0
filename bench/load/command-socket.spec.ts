import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { requireEcho } from './acknowledgement.ts';
import { CommandSocket } from './command-socket.ts';
import { PreparedCommand } from './prepared-publish.ts';

const FIELDS = '"number":42';
const servers: WebSocketServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

interface Request {
  readonly msg_id: string;
  readonly action: string;
  readonly data: { readonly number: number };
}

/** A server that answers each request with what `reply` makes of it. */
async function serve(reply: (request: Request, socket: WebSocket) => object | undefined): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  servers.push(server);
  server.on('connection', (socket) => {
    socket.send('{"action":"welcome"}');
    socket.on('message', (bytes) => {
      const answer = reply(JSON.parse((bytes as Buffer).toString()) as Request, socket);
      if (answer !== undefined) socket.send(JSON.stringify(answer));
    });
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function echo({ msg_id: replyTo, data }: Request): object {
  return { action: 'reply', reply_to: replyTo, code: 'OK', message: 'OK', data: { ...data, server_time: 1 } };
}

/** Sends as many commands as `count`, two in flight, and answers how many replies came. */
async function exchange(port: number, count: number): Promise<number> {
  const commands = [0, 1].map(() => new PreparedCommand('abc-', `"action":"ping","data":{${FIELDS}}`));
  const check = (text: string, msgId: string): void => requireEcho(text, msgId, FIELDS);
  let sent = 2;
  let answered = 0;
  const ended = Promise.withResolvers<number>();
  const socket: CommandSocket = new CommandSocket({ host: '127.0.0.1', port, commands, check }, () => {
    answered += 1;
    if (answered === count) ended.resolve(answered);
    if (sent < count) socket.send((sent += 1));
  });
  await socket.opened;
  socket.send(1);
  socket.send(2);
  try {
    return await Promise.race([ended.promise, socket.failed]);
  } finally {
    socket.end();
  }
}

describe('CommandSocket', () => {
  it('sends the next command with each reply, every one with an id of its own', async () => {
    const ids: string[] = [];
    const port = await serve((request) => (ids.push(request.msg_id), echo(request)));
    expect(await exchange(port, 7)).toBe(7);
    expect(ids).toEqual([1, 2, 3, 4, 5, 6, 7].map((number) => `abc-${String(number).padStart(8, '0')}`));
  });

  it('fails where replies come in another order', async () => {
    const kept: Request[] = [];
    const port = await serve((request, socket) => {
      kept.push(request);
      if (kept.length === 2) for (const each of kept.toReversed()) socket.send(JSON.stringify(echo(each)));
      return undefined;
    });
    await expect(exchange(port, 2)).rejects.toThrow('expected the reply to abc-00000001');
  });

  it.each([
    ['a refusal', { code: 'RATE_LIMITED' }],
    ['other data', { data: { number: 43 } }],
    ['no data', { data: undefined }],
  ])('fails at %s', async (_what, fields) => {
    const port = await serve((request) => ({ ...echo(request), ...fields }));
    await expect(exchange(port, 2)).rejects.toThrow('was not answered');
  });

  it('fails where the server closes', async () => {
    const port = await serve((_request, socket) => (socket.terminate(), undefined));
    await expect(exchange(port, 2)).rejects.toThrow('closed a connection');
  });
});
