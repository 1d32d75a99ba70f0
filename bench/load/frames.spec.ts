import { once } from 'node:events';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { HANDSHAKE_KEY, upgradeRequest } from '../../test/support/raw-websocket.js';
import { PreparedPublish, maskedFrame } from './prepared-publish.ts';

const FINAL_TEXT = 0x81;

/** One connection: its server side from `ws`, its client side bare bytes. */
interface Pair {
  readonly peer: WebSocket;
  readonly socket: Socket;
}

let server: WebSocketServer;

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
});

afterAll(async () => {
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});

async function open(): Promise<Pair> {
  const connected = once(server, 'connection') as Promise<[WebSocket]>;
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  socket.write(upgradeRequest('/', { 'Sec-WebSocket-Key': HANDSHAKE_KEY, 'Sec-WebSocket-Protocol': undefined }));
  const [peer] = await connected;
  return { peer, socket };
}

/** What the server receives, in order, once `count` messages are there. */
function receives(peer: WebSocket, count: number): Promise<readonly string[]> {
  const texts: string[] = [];
  return new Promise((resolve, reject) => {
    peer.on('message', (data: Buffer) => {
      texts.push(data.toString());
      if (texts.length === count) resolve(texts);
    });
    peer.once('close', (code) => reject(new Error(`the server closed with ${code} after ${texts.length} messages`)));
  });
}

describe('PreparedPublish', () => {
  const FIELDS = { topic: 'bench.t07', action: 'bench.tick', dataText: '{"text":"ä"}', idPrefix: 'abcdef-' };

  it('is a publish to a server that knows the standard, with each of its ids', async () => {
    const { peer, socket } = await open();
    const received = receives(peer, 4);
    const publish = new PreparedPublish(FIELDS);
    const numbers = [1, 2, 90_817_263, 99_999_999];
    for (const number of numbers) {
      publish.setNumber(number);
      socket.write(Buffer.from(publish.bytes));
    }
    const frames = (await received).map((text) => JSON.parse(text) as unknown);
    expect(frames).toEqual(
      numbers.map((number) => ({
        msg_id: `abcdef-${String(number).padStart(8, '0')}`,
        action: 'topic.publish',
        data: { topic: 'bench.t07', action: 'bench.tick', data: { text: 'ä' } },
      })),
    );
    expect(publish.msgId).toBe('abcdef-99999999');
    socket.destroy();
  });

  it('is masked, so that the server has the work of unmasking it', () => {
    const { bytes } = new PreparedPublish({ ...FIELDS, dataText: '"secret"' });
    expect(bytes.includes('secret')).toBe(false);
    expect(bytes.readUInt8(1) & 0x80).toBe(0x80);
  });

  it('refuses a number that has no room in its id', () => {
    expect(() => new PreparedPublish(FIELDS).setNumber(100_000_000)).toThrow(RangeError);
  });

  it.each([0, 125, 126, 65_535, 65_536])('frames %i bytes', async (length) => {
    const { peer, socket } = await open();
    const received = receives(peer, 1);
    socket.write(maskedFrame(FINAL_TEXT, Buffer.alloc(length, 'y')));
    expect(await received).toEqual(['y'.repeat(length)]);
    socket.destroy();
  });

  it('answers a ping with the same bytes', async () => {
    const { peer, socket } = await open();
    const ponged = once(peer, 'pong') as Promise<[Buffer]>;
    socket.write(maskedFrame(0x8a, Buffer.from('tick')));
    expect((await ponged)[0].toString()).toBe('tick');
    socket.destroy();
  });
});
