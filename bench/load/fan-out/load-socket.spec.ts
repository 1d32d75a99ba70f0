import { once } from 'node:events';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Dialect, Step } from './dialect.ts';
import { LoadSocket } from './load-socket.ts';
import { numberedPayload } from './number-reader.ts';
import { Subscriber } from './subscriber.ts';

const HOST = '127.0.0.1';
const PAYLOAD_BYTES = 100;

function dialectWith(parts: Partial<Dialect> = {}, steps: readonly Step[] = []): Dialect {
  return {
    isBinary: false,
    shortestDelivery: PAYLOAD_BYTES,
    streamedBytes: undefined,
    upgrade: () => ({ path: '/here', headers: { 'X-Number': '7' } }),
    steps: () => steps,
    publish: (number) => numberedPayload(number, PAYLOAD_BYTES),
    answer: () => undefined,
    ...parts,
  };
}

interface Meeting {
  readonly socket: LoadSocket;
  readonly peer: WebSocket;
  readonly request: IncomingMessage;
  readonly failures: readonly Error[];
}

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A socket of the load and its side at a real `ws` server, which does its part of the greetings. */
async function meet(dialect: Dialect, greet: (peer: WebSocket) => void = () => undefined): Promise<Meeting> {
  const server = new WebSocketServer({ host: HOST, port: 0, perMessageDeflate: false });
  closers.push(() => (server.clients.forEach((client) => client.terminate()), server.close()));
  await once(server, 'listening');
  const connected = once(server, 'connection') as Promise<[WebSocket, IncomingMessage]>;
  server.on('connection', greet);
  const failures: Error[] = [];
  const { port } = server.address() as AddressInfo;
  const target = { host: HOST, port, localAddress: '127.0.0.9', role: 'subscriber', index: 0 } as const;
  const socket = await LoadSocket.open({ ...target, dialect, onFailure: (error) => failures.push(error) });
  closers.push(() => socket.end());
  const [peer, request] = await connected;
  return { socket, peer, request, failures };
}

describe('LoadSocket', () => {
  it('asks for its upgrade as its dialect says, from its own address', async () => {
    const { request } = await meet(dialectWith());
    expect([request.url, request.headers['x-number'], request.socket.remoteAddress]).toEqual(['/here', '7', '127.0.0.9']);
  });

  it('is open when the last step of the greetings is done', async () => {
    const heard: string[] = [];
    const steps: readonly Step[] = [
      { awaits: 'hello', says: 'subscribe' },
      { awaits: 'subscribed', says: undefined },
    ];
    await meet(dialectWith({}, steps), (peer) => {
      peer.send('something else');
      peer.send('hello');
      peer.on('message', (data: Buffer) => {
        heard.push(data.toString());
        setTimeout(() => (heard.push('answered'), peer.send('subscribed')), 20);
      });
    });
    expect(heard).toEqual(['subscribe', 'answered']);
  });

  it('answers pings, and what its dialect answers, before and while it counts', async () => {
    const { socket, peer } = await meet(dialectWith({ answer: (text) => (text === '2' ? '3' : undefined) }));
    const subscriber = new Subscriber(socket, dialectWith());
    for (const begin of [() => undefined, () => subscriber.count(() => undefined)]) {
      begin();
      const ponged = once(peer, 'pong') as Promise<[Buffer]>;
      const answered = once(peer, 'message') as Promise<[Buffer]>;
      peer.ping('tick');
      peer.send('2');
      expect([(await ponged)[0].toString(), (await answered)[0].toString()]).toEqual(['tick', '3']);
    }
    expect(subscriber.received).toBe(0);
  });

  it.each([
    ['a close frame', (peer: WebSocket) => peer.close(4_408, 'slow'), 'the server closed: '],
    ['an end without one', (peer: WebSocket) => peer.terminate(), 'the server closed the connection'],
  ])('fails at %s', async (_what, end, problem) => {
    const { peer, failures } = await meet(dialectWith());
    end(peer);
    await expect.poll(() => failures[0]?.message).toContain(problem);
  });

  it('fails where the upgrade is refused', async () => {
    const server = createServer().on('upgrade', (_request, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n'));
    closers.push(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    const { port } = server.address() as AddressInfo;
    const failure = new Promise<Error>((resolve) => {
      const target = { host: HOST, port, localAddress: HOST, role: 'publisher', index: 0 } as const;
      void LoadSocket.open({ ...target, dialect: dialectWith(), onFailure: resolve });
    });
    expect((await failure).message).toContain('refused the upgrade: HTTP/1.1 401');
  });
});

describe('Subscriber', () => {
  const MESSAGES = Array.from({ length: 3 }, (_, number) => numberedPayload(number, PAYLOAD_BYTES));

  it('counts deliveries and tells of them, and reads their numbers if it is to', async () => {
    for (const isReader of [false, true]) {
      const { socket, peer } = await meet(dialectWith());
      const subscriber = new Subscriber(socket, dialectWith());
      const told: number[] = [];
      const numbers: number[] = [];
      const onReceived = (before: number, after: number): void => {
        for (let number = before; number < after; number += 1) told.push(number);
      };
      if (isReader) subscriber.read(onReceived, (number) => numbers.push(number));
      else subscriber.count(onReceived);
      for (const message of MESSAGES) peer.send(message);
      await expect.poll(() => told).toEqual([0, 1, 2]);
      expect(numbers).toEqual(isReader ? [0, 1, 2] : []);
      expect([subscriber.received, subscriber.payloadBytes]).toEqual([3, 3 * PAYLOAD_BYTES]);
    }
  });

  it('counts whole messages of a stream, however it is cut into frames', async () => {
    const dialect = dialectWith({ shortestDelivery: 0, streamedBytes: PAYLOAD_BYTES, isBinary: true });
    const { socket, peer } = await meet(dialect);
    const subscriber = new Subscriber(socket, dialect);
    const told: (readonly [number, number])[] = [];
    subscriber.count((before, after) => told.push([before, after]));
    const stream = Buffer.from(MESSAGES.join(''));
    for (const [from, to] of [
      [0, 60],
      [60, 230],
      [230, 300],
    ] as const) {
      peer.send(stream.subarray(from, to));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await expect.poll(() => subscriber.received).toBe(3);
    expect(told).toEqual([
      [0, 2],
      [2, 3],
    ]);
  });

  it('fails where a message is lost that it reads', async () => {
    const { socket, peer, failures } = await meet(dialectWith());
    new Subscriber(socket, dialectWith()).read(
      () => undefined,
      () => undefined,
    );
    for (const number of [0, 2]) peer.send(numberedPayload(number, PAYLOAD_BYTES));
    await expect.poll(() => failures[0]?.message).toBe('expected message 1, and 2 came');
  });
});
