import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { ConnectSocket, type ConnectTarget } from './connect-socket.ts';
import { acceptOf, upgradeKey, upgradeRequest } from './upgrade-request.ts';

const HOST = '127.0.0.1';
const WELCOME = '{"version":"1","action":"welcome","data":{}}';
const closers: (() => unknown)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

function target(port: number, key = upgradeKey()): ConnectTarget {
  return { host: HOST, port, localAddress: '127.0.7.1', request: upgradeRequest({ host: HOST, port }, key), accept: acceptOf(key) };
}

async function serve(onConnection: (socket: WebSocket) => void): Promise<number> {
  const server = createServer().listen(0, HOST);
  const webSockets = new WebSocketServer({ server, perMessageDeflate: false });
  webSockets.on('connection', onConnection);
  closers.push(() => (webSockets.clients.forEach((client) => client.terminate()), server.close()));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function neverLost(error: Error): void {
  throw error;
}

/** What a server sends when it is asked to subscribe. */
const granted = (topic: string): string =>
  `{"action":"reply","reply_to":"subscribe","code":"OK","message":"OK","data":{"topics":[${topic}]}}`;

describe('ConnectSocket', () => {
  it('is open once the welcome has come, not before', async () => {
    const sent: string[] = [];
    const port = await serve((socket) => {
      setTimeout(() => (sent.push('welcome'), socket.send(WELCOME)), 50);
    });
    const socket = await ConnectSocket.open(target(port), neverLost);
    expect(sent).toEqual(['welcome']);
    socket.reset();
  });

  it('subscribes, passes over what is not its reply, and answers pings', async () => {
    const requests: unknown[] = [];
    const pongs: string[] = [];
    const port = await serve((socket) => {
      socket.send(WELCOME);
      socket.on('message', (data) => {
        requests.push(JSON.parse((data as Buffer).toString()));
        socket.send('{"action":"presence.join","topic":"room"}');
        socket.ping('tick');
        socket.on('pong', (payload) => pongs.push(payload.toString()));
        setTimeout(() => socket.send(granted('{"topic":"room","code":"OK"}')), 50);
      });
    });
    const socket = await ConnectSocket.open(target(port), neverLost);
    await socket.subscribe('room');
    expect(requests).toEqual([{ msg_id: 'subscribe', action: 'topic.subscribe', data: { topics: [{ topic: 'room' }] } }]);
    expect(pongs).toEqual(['tick']);
    socket.reset();
  });

  it('fails where the topic is refused', async () => {
    const port = await serve((socket) => {
      socket.send(WELCOME);
      socket.on('message', () => socket.send(granted('{"topic":"room","code":"PERMISSION_DENIED"}')));
    });
    const socket = await ConnectSocket.open(target(port), neverLost);
    await expect(socket.subscribe('room')).rejects.toThrow('the server refused');
  });

  it('tells of a connection that ends while nothing is waited for', async () => {
    const port = await serve((socket) => {
      socket.send(WELCOME);
      setTimeout(() => socket.terminate(), 20);
    });
    const lost = await new Promise<Error>((resolve) => void ConnectSocket.open(target(port), resolve));
    expect(lost.message).toContain('closed a connection');
  });

  it.each([
    ['another status', 'HTTP/1.1 503 Service Unavailable\r\n\r\n'],
    ['the accept of another key', `HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: ${acceptOf('x')}\r\n\r\n`],
  ])('fails at %s', async (_what, head) => {
    const server = createTcpServer((socket) => socket.once('data', () => socket.write(head))).listen(0, HOST);
    closers.push(() => server.close());
    await once(server, 'listening');
    await expect(ConnectSocket.open(target((server.address() as AddressInfo).port), neverLost)).rejects.toThrow('refused the upgrade');
  });

  it('reads a head and a welcome that come byte by byte', async () => {
    const key = upgradeKey();
    const frame = Buffer.concat([Buffer.from([0x81, WELCOME.length]), Buffer.from(WELCOME)]);
    const bytes = Buffer.concat([Buffer.from(`HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`), frame]);
    const server = createTcpServer((socket) => {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      const send = (at: number): void => {
        if (at === bytes.length) return;
        socket.write(bytes.subarray(at, at + 1), () => setImmediate(send, at + 1));
      };
      socket.once('data', () => send(0));
    }).listen(0, HOST);
    closers.push(() => server.close());
    await once(server, 'listening');
    const socket = await ConnectSocket.open(target((server.address() as AddressInfo).port, key), neverLost);
    socket.reset();
  });
});
