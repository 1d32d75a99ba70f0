import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TcpProxy } from './tcp-proxy.js';

/** A server that answers every chunk with the same bytes, and keeps what it got. */
describe('TcpProxy', () => {
  let server: Server;
  let proxy: TcpProxy;
  let received = '';
  const clients: Socket[] = [];

  beforeEach(async () => {
    received = '';
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        received += chunk.toString();
        socket.write(chunk);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await TcpProxy.before(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await proxy.close();
    server.close();
  });

  class Client {
    text = '';
    ended: string | undefined;
    constructor(readonly socket: Socket) {
      socket.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
      socket.on('error', (error: NodeJS.ErrnoException) => (this.ended = error.code));
      socket.on('close', () => (this.ended ??= 'closed'));
    }
    async until(condition: () => boolean): Promise<void> {
      await expect.poll(condition, { timeout: 10_000, interval: 5 }).toBe(true);
    }
  }

  async function open(): Promise<Client> {
    const socket = connect(Number(new URL(proxy.through('tcp://x')).port), '127.0.0.1');
    clients.push(socket);
    const client = new Client(socket);
    await once(socket, 'connect');
    return client;
  }

  it('passes bytes both ways', async () => {
    const client = await open();
    client.socket.write('hello');
    await client.until(() => client.text === 'hello');
  });

  it('keeps the order of delayed bytes', async () => {
    const client = await open();
    proxy.delay(100);
    const began = performance.now();
    for (let digit = 0; digit < 10; digit += 1) client.socket.write(String(digit));
    await client.until(() => client.text === '0123456789');
    expect(performance.now() - began).toBeGreaterThan(190);
  });

  it('throttles', async () => {
    const client = await open();
    proxy.throttle(100_000);
    const began = performance.now();
    for (let part = 0; part < 4; part += 1) {
      client.socket.write('x'.repeat(10_000));
      await client.until(() => client.text.length === 10_000 * (part + 1));
    }
    expect(performance.now() - began).toBeGreaterThan(290);
  });

  it('resets what is open and lets new connections through', async () => {
    const client = await open();
    client.socket.write('a');
    await client.until(() => client.text === 'a');
    proxy.reset();
    await client.until(() => client.ended === 'ECONNRESET');
    const next = await open();
    next.socket.write('b');
    await next.until(() => next.text === 'b');
  });

  it('swallows answers and passes requests on', async () => {
    const client = await open();
    proxy.swallow();
    client.socket.write('lost answer');
    await client.until(() => received === 'lost answer');
    proxy.restore();
    await client.until(() => client.ended !== undefined);
    expect(client.text).toBe('');
  });

  it('strands open connections, and lets new ones through', async () => {
    const stranded = await open();
    stranded.socket.write('before');
    await stranded.until(() => stranded.text === 'before');
    proxy.strand();
    stranded.socket.write('after');
    const next = await open();
    next.socket.write('next');
    await next.until(() => next.text === 'next');
    expect([received, stranded.text, stranded.ended, proxy.accepted]).toEqual(['beforenext', 'before', undefined, 2]);
  });

  it.each([
    ['cut', 'mark', ''],
    ['cut-at-answer', 'mark', ''],
  ] as const)('can %s from the moment a pattern passes', async (fault, pattern, text) => {
    const [marked, other] = [await open(), await open()];
    let seen = 0;
    proxy.when(pattern, fault, { seen: () => (seen += 1) });
    other.socket.write('plain');
    await other.until(() => other.text === 'plain');
    marked.socket.write('a mark here');
    await marked.until(() => marked.ended !== undefined);
    expect(marked.text).toBe(text);
    await marked.until(() => received.includes('a mark here'));
    other.socket.write(' mark');
    await other.until(() => other.text === 'plain mark');
    expect([seen, other.ended]).toEqual([1, undefined]);
  });

  it('can swallow the answers of the connection that a pattern passed on', async () => {
    const [marked, other] = [await open(), await open()];
    proxy.when('mark', 'swallow');
    marked.socket.write('mark');
    await marked.until(() => received === 'mark');
    other.socket.write('plain');
    await other.until(() => other.text === 'plain');
    expect([marked.text, marked.ended]).toEqual(['', undefined]);
  });
});
