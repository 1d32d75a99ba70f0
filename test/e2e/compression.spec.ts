import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientFrame, RawWebSocket } from '../support/raw-websocket.js';
import { SocketServer } from '../support/socket-server.js';
import { TestSocket } from '../support/socket.js';

vi.mock('node:zlib', { spy: true });

const TEXT = 0x1;
const CONTINUATION = 0x0;
const RSV1 = 4;
const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
const LARGE = Array.from({ length: 60 }, (_, index) => ({ id: index, text: `line ${index}` }));

/** What a client sends of a text (RFC 7692 section 7.2.1). */
function deflatedPayload(text: string | Buffer): Buffer {
  return deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

function deflatedFrameOf(frame: unknown): Buffer {
  return clientFrame(TEXT, deflatedPayload(JSON.stringify(frame)), { rsv: RSV1 });
}

/** How often the server has compressed, or inflated, since the mocks were cleared. */
const deflates = (): number => vi.mocked(deflateRawSync).mock.calls.length;

const opened: RawWebSocket[] = [];

async function connect(server: SocketServer, user: string, headers: Readonly<Record<string, string>> = OFFER): Promise<RawWebSocket> {
  const raw = await RawWebSocket.connect(server.port, server.token(user), '/ws', headers);
  opened.push(raw);
  return raw;
}

afterEach(() => {
  for (const raw of opened.splice(0)) raw.socket.destroy();
});

describe('with compression on', () => {
  let server: SocketServer;
  beforeAll(async () => {
    server = await SocketServer.start({ env: { WAYBILL_COMPRESSION: 'true', WAYBILL_CLOSE_TIMEOUT_MS: '300' } });
  });
  beforeEach(() => vi.clearAllMocks());
  afterAll(() => server.close());

  it.each<[string, Readonly<Record<string, string>>, string | undefined]>([
    ['is negotiated without context takeover', OFFER, 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'],
    [
      'repeats the full window',
      { 'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=15' },
      'server_max_window_bits=15',
    ],
    ['is not negotiated unasked', {}, undefined],
    [
      'is declined where the window is too small',
      { 'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=9' },
      undefined,
    ],
    ['is declined where the offer is rubbish', { 'Sec-WebSocket-Extensions': 'permessage-deflate; ;=' }, undefined],
  ])('%s', async (_case, headers, answer) => {
    const raw = await connect(server, 'alice', headers);
    const said = raw.head.split('\r\n').find((line) => line.startsWith('Sec-WebSocket-Extensions: '));
    if (answer === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(answer);
    raw.send(clientFrame(TEXT, '{"msg_id":"p","action":"ping"}'));
    await raw.until(() => raw.texts.some((frame) => frame['reply_to'] === 'p'));
  });

  it('compresses a message once for all who negotiated, and not for others', async () => {
    const compressed = [await connect(server, 'alice'), await connect(server, 'bob'), await connect(server, 'carol')];
    const plain = await connect(server, 'dave', {});
    const readers = [...compressed, plain];
    for (const raw of readers) {
      raw.send(clientFrame(TEXT, '{"msg_id":"s","action":"topic.subscribe","data":{"topics":[{"topic":"chat.once"}]}}'));
      await raw.until(() => raw.texts.some((frame) => frame['reply_to'] === 's'));
    }
    const publisher = await server.connect('erin');
    vi.clearAllMocks();
    for (let n = 1; n <= 5; n += 1) {
      expect(await publisher.request('topic.publish', { topic: 'chat.once', data: { n, LARGE } })).toMatchObject({ code: 'OK' });
    }
    await Promise.all(readers.map((raw) => raw.until(() => raw.texts.some((frame) => frame['seq'] === 5))));
    const messagesOf = (raw: RawWebSocket): unknown[] => raw.texts.filter((frame) => frame['topic'] === 'chat.once');
    for (const raw of compressed) expect(messagesOf(raw)).toEqual(messagesOf(plain));
    const compressedOf = (raw: RawWebSocket): unknown[] =>
      raw.frames.filter(({ compressed: is, payload }) => is && payload.includes('"seq":'));
    for (const raw of readers) expect(compressedOf(raw)).toHaveLength(raw === plain ? 0 : 5);
    expect(deflates()).toBe(5);
    await publisher.close();
  });

  it('compresses replies that are large enough, in their order among the others', async () => {
    const raw = await connect(server, 'alice');
    const sizes = [1, 40, 1, 60, 2];
    raw.send(
      Buffer.concat(
        sizes.map((size, index) => deflatedFrameOf({ msg_id: `m${index}`, action: 'ping', data: { rows: LARGE.slice(0, size) } })),
      ),
    );
    await raw.until(() => raw.texts.some((frame) => frame['reply_to'] === 'm4'));
    const replies = raw.frames.slice(-5);
    expect(replies.map(({ compressed }) => compressed)).toEqual([false, true, false, true, false]);
    expect(raw.texts.slice(-5).map((frame) => frame['reply_to'])).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
    expect(raw.texts.at(-2)).toMatchObject({ code: 'OK', data: { rows: LARGE } });
  });

  it('keeps the order of compressed, plain and fragmented messages and of pings among them', async () => {
    const raw = await connect(server, 'alice');
    const fragmented = deflatedPayload(JSON.stringify({ msg_id: 'm2', action: 'ping', data: { rows: LARGE } }));
    const middle = fragmented.length / 2;
    raw.send(
      Buffer.concat([
        deflatedFrameOf({ msg_id: 'm0', action: 'ping' }),
        clientFrame(TEXT, '{"msg_id":"m1","action":"ping"}'),
        clientFrame(TEXT, fragmented.subarray(0, middle), { rsv: RSV1, fin: false }),
        clientFrame(0x9, 'inside'),
        clientFrame(CONTINUATION, fragmented.subarray(middle)),
        ...Array.from({ length: 200 }, (_, index) => deflatedFrameOf({ msg_id: `m${index + 3}`, action: 'ping' })),
      ]),
    );
    await raw.until(() => raw.texts.filter((frame) => frame['code'] === 'OK').length === 203);
    const replies = raw.texts.filter((frame) => frame['action'] === 'reply');
    expect(replies.map((frame) => frame['reply_to'])).toEqual(Array.from({ length: 203 }, (_, index) => `m${index}`));
    expect(raw.frames.some(({ opcode, payload }) => opcode === 10 && payload.toString() === 'inside')).toBe(true);
  });

  it('talks with a client that compresses by itself', async () => {
    const socket = await TestSocket.connect(server.port, server.token('alice'), { perMessageDeflate: { threshold: 0 } });
    expect(socket.socket.extensions).toBe('permessage-deflate');
    vi.clearAllMocks();
    for (let n = 0; n < 20; n += 1) expect(await socket.request('ping', { n, LARGE })).toMatchObject({ code: 'OK', data: { n, LARGE } });
    expect(deflates()).toBe(20);
    await socket.close();
    await expect.poll(() => server.registry.size).toBe(0);
  });

  it.each<[string, () => readonly Buffer[], number]>([
    ['a stream that is none', () => [clientFrame(TEXT, 'no deflate at all', { rsv: RSV1 })], 1007],
    ['a message that is cut off', () => [clientFrame(TEXT, deflatedPayload('{"action":"ping"}').subarray(0, 8), { rsv: RSV1 })], 1007],
    ['text that is not UTF-8', () => [clientFrame(TEXT, deflatedPayload(Buffer.of(0x22, 0xff, 0x22)), { rsv: RSV1 })], 1007],
    ['a compressed binary message', () => [clientFrame(0x2, deflatedPayload('x'), { rsv: RSV1 })], 1003],
    ['a compressed ping', () => [clientFrame(0x9, deflatedPayload('x'), { rsv: RSV1 })], 1002],
    ['another reserved bit', () => [clientFrame(TEXT, deflatedPayload('x'), { rsv: 2 })], 1002],
    [
      'the bit on a continuation',
      () => [clientFrame(TEXT, '"', { fin: false }), clientFrame(CONTINUATION, deflatedPayload('x'), { rsv: RSV1 })],
      1002,
    ],
    ['a message over the limit', () => [clientFrame(TEXT, 'x'.repeat(65_537))], 1009],
    ['one byte too much, inflated', () => [clientFrame(TEXT, deflatedPayload(Buffer.alloc(65_537, 0x20)), { rsv: RSV1 })], 1009],
  ])('refuses %s and says why', async (_case, frames, code) => {
    const raw = await connect(server, 'alice');
    raw.send(Buffer.concat([...frames(), deflatedFrameOf({ msg_id: 'late', action: 'ping' })]));
    expect(await raw.untilClose()).toMatchObject({ code });
    expect(raw.texts.at(-1)).toMatchObject({ action: 'sys.closing', data: { code } });
    await raw.untilEnd();
    await expect.poll(() => server.registry.size).toBe(0);
    expect(raw.texts.some((frame) => frame['reply_to'] === 'late')).toBe(false);
    expect(server.telemetry.of('connectionClosed').at(-1)?.[1]).toMatchObject({ code, initiator: 'server' });
  });

  it('lets a message of exactly the limit in', async () => {
    const raw = await connect(server, 'alice');
    const empty = JSON.stringify({ msg_id: 'm', action: 'ping', data: { text: '' } });
    raw.send(deflatedFrameOf({ msg_id: 'm', action: 'ping', data: { text: 'x'.repeat(65_536 - empty.length) } }));
    await raw.until(() => raw.texts.some((frame) => frame['reply_to'] === 'm' && frame['code'] === 'OK'));
  });
});

describe('with compression off', () => {
  it('nothing is negotiated, and the bit is refused', async () => {
    const server = await SocketServer.start();
    const raw = await connect(server, 'alice');
    expect(raw.head).not.toContain('Sec-WebSocket-Extensions');
    raw.send(deflatedFrameOf({ action: 'ping' }));
    expect(await raw.untilClose()).toMatchObject({ code: 1002 });
    await server.close();
  });
});

describe('deflate bombs', () => {
  const MEBIBYTE = 1_048_576;
  const CONNECTIONS = 50;
  /** 64 KiB that become 64 MiB. */
  const bomb = deflatedPayload(Buffer.alloc(64 * MEBIBYTE, 0x20)).subarray(0, 65_000);

  it.each<[string, readonly Buffer[]]>([
    ['in one frame', [clientFrame(TEXT, bomb, { rsv: RSV1 })]],
    [
      'in fragments',
      Array.from({ length: 50 }, (_, index) =>
        clientFrame(index === 0 ? TEXT : CONTINUATION, bomb.subarray(index * 1_300, (index + 1) * 1_300), {
          rsv: index === 0 ? RSV1 : 0,
          fin: index === 49,
        }),
      ),
    ],
  ])('%s are refused with 1009 and take no memory, from many connections at once', async (_case, frames) => {
    const server = await SocketServer.start({ env: { WAYBILL_COMPRESSION: 'true', WAYBILL_CLOSE_TIMEOUT_MS: '300' } });
    const peers = await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => connect(server, `user${index}`)));
    vi.clearAllMocks();
    const before = process.memoryUsage.rss();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss() - before);
    }, 1);
    for (const raw of peers) raw.send(Buffer.concat(frames));
    const codes = await Promise.all(peers.map(async (raw) => (await raw.untilClose()).code));
    clearInterval(watch);
    expect(codes).toEqual(Array<number>(CONNECTIONS).fill(1009));
    // The bombs themselves are 3 MiB on each side of the test; inflated, they would be 3,200.
    expect(most).toBeLessThan(64 * MEBIBYTE);
    const results = vi.mocked(inflateRawSync).mock.settledResults;
    expect(results.every(({ value }) => !Buffer.isBuffer(value) || value.length <= 65_536)).toBe(true);
    await expect.poll(() => server.registry.size).toBe(0);
    await server.close();
  });
});
