import { constants, deflateRawSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CLOSES } from '../../src/protocol/close-codes.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { RawHttp } from '../support/raw-http.js';
import { clientFrame, RawWebSocket, textFrameOf, upgradeRequest } from '../support/raw-websocket.js';
import { TestSocket } from '../support/socket.js';

const CONTINUATION = 0x0;
const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const RSV1 = 4;
const DEFLATE_OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };

let gateway: TestGateway;
let token: string;
const opened: RawWebSocket[] = [];

beforeAll(async () => {
  gateway = await startGateway({ env: { WAYBILL_COMPRESSION: 'true', WAYBILL_CLOSE_TIMEOUT_MS: '300', WAYBILL_ACCEPT_LAG_MS: '0' } });
  token = await gateway.token('alice');
});
afterEach(() => {
  for (const raw of opened.splice(0)) raw.socket.destroy();
});
afterAll(() => gateway.stop());

async function connect(headers: Readonly<Record<string, string>> = {}): Promise<RawWebSocket> {
  const raw = await RawWebSocket.connect(gateway.port, token, '/ws', headers);
  opened.push(raw);
  return raw;
}

/** The whole HTTP answer to a request that opens no socket. */
async function refused(request: string): Promise<{ readonly status: number; readonly head: string }> {
  const raw = RawWebSocket.open(gateway.port, request);
  opened.push(raw);
  await raw.untilEnd();
  return { status: Number(raw.head.split(' ')[1]), head: raw.head };
}

/** Whoever else is connected notices nothing. */
async function stillServes(): Promise<void> {
  const raw = await connect();
  raw.send(textFrameOf({ msg_id: 'still', action: 'ping' }));
  await raw.until(() => raw.texts.some((frame) => frame['reply_to'] === 'still'));
}

const authorised = (headers: Readonly<Record<string, string | undefined>> = {}, method = 'GET'): string =>
  upgradeRequest('/ws', { Authorization: `Bearer ${token}`, ...headers }, method);
const closePayload = (code: number, reason: Buffer | string = ''): Buffer =>
  Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]);
const deflated = (text: string): Buffer => deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);

describe('an opening handshake', () => {
  it.each(['8', '14'])('C1 of version %s gets 426 and the version to speak', async (version) => {
    const { status, head } = await refused(authorised({ 'Sec-WebSocket-Version': version }));
    expect(status).toBe(426);
    expect(head).toMatch(/^Sec-WebSocket-Version: 13\r?$/m);
  });

  it.each<[string, string, number]>([
    ['a POST', 'POST', 405],
    ['no key', '', 400],
    ['a short key', 'c2hvcnQ=', 400],
    ['another protocol', 'foo', 400],
  ])('C2 with %s is refused', async (what, value, expected) => {
    const request =
      what === 'a POST'
        ? authorised({}, value)
        : authorised(what === 'another protocol' ? { Upgrade: value } : { 'Sec-WebSocket-Key': value === '' ? undefined : value });
    expect((await refused(request)).status).toBe(expected);
  });

  it('C3 that offers one subprotocol twice is refused', async () => {
    expect((await refused(authorised({ 'Sec-WebSocket-Protocol': 'waybill.v1, waybill.v1' }))).status).toBe(400);
  });

  it('C4 with a header of 17 KB is refused', async () => {
    expect([413, 431]).toContain((await refused(authorised({ 'X-Large': 'x'.repeat(17_000) }))).status);
    await stillServes();
  });

  it.each(['before', 'after'])('C4 with 2,100 headers %s the others is refused', async (where) => {
    const [line = '', ...own] = authorised().trimEnd().split('\r\n');
    const many = Array.from({ length: 2_100 }, (_, n) => `x${n}:a`);
    const lines = where === 'before' ? [...many, ...own] : [...own, ...many];
    const { status } = await refused(`${[line, ...lines].join('\r\n')}\r\n\r\n`);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    await stillServes();
  });

  it('C5 may bring its first frames in the same segment', async () => {
    const raw = RawWebSocket.open(gateway.port, authorised(), textFrameOf({ msg_id: 'early', action: 'ping', data: 1 }));
    opened.push(raw);
    await raw.until(() => raw.texts.length === 2);
    expect(raw.texts[1]).toMatchObject({ reply_to: 'early', code: 'OK', data: { data: 1 } });
  });
});

describe('a frame', () => {
  it.each<[string, () => readonly Buffer[], readonly number[]]>([
    ['C6 without a mask', () => [clientFrame(TEXT, '{}', { masked: false })], [1002]],
    ['C7 of control with 126 bytes', () => [clientFrame(PING, 'x'.repeat(126))], [1002]],
    ['C7 of control in fragments', () => [clientFrame(PING, 'x', { fin: false }), clientFrame(CONTINUATION, 'y')], [1002]],
    ['C9 of closing with one byte', () => [clientFrame(CLOSE, 'x')], [1002]],
    ['C9 of closing with a reason that is no UTF-8', () => [clientFrame(CLOSE, closePayload(1000, Buffer.of(0xff)))], [1007]],
    ['C9 of closing with 1005', () => [clientFrame(CLOSE, closePayload(1005))], [1002]],
    ['C9 of closing with 1006', () => [clientFrame(CLOSE, closePayload(1006))], [1002]],
    ['C9 of closing with 1015', () => [clientFrame(CLOSE, closePayload(1015))], [1002]],
    ['C10 that ends within a character', () => [clientFrame(TEXT, Buffer.of(0x22, 0xc3))], [1007]],
    ['C11 with the top bit of its length set', () => [Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1])], [1002, 1009]],
    ['C11 of 2^53 bytes', () => [clientFrame(TEXT, '', { length: 2 ** 53 })], [1002, 1009]],
    ['C12 with RSV1, not compressed', () => [clientFrame(TEXT, '{}', { rsv: RSV1 })], [1002]],
  ])('%s', async (_case, frames, codes) => {
    const before = process.memoryUsage().arrayBuffers;
    const raw = await connect();
    raw.send(Buffer.concat(frames()));
    expect(codes).toContain((await raw.untilClose()).code);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16_777_216);
    await stillServes();
  });

  it.each<[string, () => readonly Buffer[]]>([
    ['C12 that goes on with RSV1', () => [clientFrame(TEXT, '{', { fin: false }), clientFrame(CONTINUATION, '}', { rsv: RSV1 })]],
    ['C12 of control with RSV1', () => [clientFrame(PING, 'x', { rsv: RSV1 })]],
    ['C12 with RSV2 beside', () => [clientFrame(TEXT, deflated('{}'), { rsv: RSV1 | 2 })]],
  ])('%s, where compression was negotiated', async (_case, frames) => {
    const raw = await connect(DEFLATE_OFFER);
    expect(raw.head).toContain('permessage-deflate');
    raw.send(Buffer.concat(frames()));
    expect((await raw.untilClose()).code).toBe(1002);
  });

  it('C8, C10 of a ping between fragments is answered first, and a character that they cut stays whole', async () => {
    const raw = await connect();
    const text = Buffer.from(JSON.stringify({ msg_id: 'cut', action: 'ping', data: 'größer' }));
    const middle = text.indexOf(0xc3) + 1;
    raw.send(clientFrame(TEXT, text.subarray(0, middle), { fin: false }));
    raw.send(clientFrame(PING, 'between'));
    await raw.until(() => raw.frames.some(({ opcode, payload }) => opcode === PONG && payload.toString() === 'between'));
    expect(raw.texts.some((frame) => frame['reply_to'] === 'cut')).toBe(false);
    raw.send(clientFrame(CONTINUATION, text.subarray(middle)));
    await raw.until(() => raw.texts.some((frame) => frame['reply_to'] === 'cut'));
    expect(raw.texts.at(-1)).toMatchObject({ code: 'OK', data: { data: 'größer' } });
  });
});

describe('an offer of compression', () => {
  it.each([
    'permessage-deflate; server_max_window_bits=8',
    'permessage-deflate; client_max_window_bits; client_max_window_bits',
    'permessage-deflate; client_max_window_bits=10; client_max_window_bits=11',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'permessage-deflate; server_max_window_bits=15; server_max_window_bits=15',
    'permessage-deflate; something_else=1',
    'permessage-deflate; server_max_window_bits=99999999999999999999',
    'permessage-deflate; client_max_window_bits="',
    `permessage-deflate${', permessage-deflate; x'.repeat(300)}`,
  ])('C13 of %.80s is declined or refused', async (offer) => {
    const raw = RawWebSocket.open(gateway.port, authorised({ 'Sec-WebSocket-Extensions': offer }));
    opened.push(raw);
    await raw.until(() => raw.head !== '' || raw.ended);
    const status = Number(raw.head.split(' ')[1]);
    expect([101, 400]).toContain(status);
    // A list of offers may hold a good one, and that is the only thing that may be taken.
    if (status === 101 && !offer.startsWith('permessage-deflate,')) expect(raw.head).not.toMatch(/^Sec-WebSocket-Extensions/m);
    await stillServes();
  });

  it.each<[string, () => Buffer]>([
    ['that is cut off', () => deflated(JSON.stringify({ action: 'ping', data: 'x'.repeat(500) + Math.PI })).subarray(0, 12)],
    ['of a stored block that promises more', () => Buffer.from([0x00, 0xff, 0x00, 0x00, 0xff, 0x41])],
    ['of a type that does not exist', () => Buffer.from([0x07, 0x00])],
    ['of noise', () => Buffer.from(Array.from({ length: 64 }, (_, n) => (n * 197 + 91) & 255))],
    ['that is whole JSON, not deflated', () => Buffer.from('{"action":"ping"}')],
  ])('C14 and a payload %s ends that connection', async (_case, payload) => {
    const bystander = await connect(DEFLATE_OFFER);
    const raw = await connect(DEFLATE_OFFER);
    raw.send(clientFrame(TEXT, payload(), { rsv: RSV1 }));
    expect((await raw.untilClose()).code).toBe(1007);
    bystander.send(clientFrame(TEXT, deflated('{"msg_id":"on","action":"ping"}'), { rsv: RSV1 }));
    await bystander.until(() => bystander.texts.some((frame) => frame['reply_to'] === 'on'));
  });
});

describe('on the plain port', () => {
  it('C15 the preface of HTTP/2 gets an HTTP/1.1 answer and the end', async () => {
    const raw = RawHttp.open(gateway.port);
    raw.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    expect(await raw.untilEnd()).toMatch(/^HTTP\/1\.1 4\d\d /);
    await stillServes();
  });

  it('C15 an offer of h2c is not taken', async () => {
    const raw = RawHttp.open(gateway.port);
    raw.send(
      'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
    );
    expect(await raw.until((received) => received.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 200 /);
    raw.close();
  });

  it('C15 a CONNECT, extended or not, opens nothing', async () => {
    const raw = RawHttp.open(gateway.port);
    raw.send(`CONNECT /ws HTTP/1.1\r\nHost: a\r\n:protocol: websocket\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    expect(await raw.untilEnd()).not.toMatch(/^HTTP\/1\.1 [12]\d\d/);
    await stillServes();
  });
});

describe('closing', () => {
  it('C16 of a node that stops is 1012, and clients come back', async () => {
    const node = await startGateway({ env: { WAYBILL_DRAIN_TIMEOUT_MS: '0' } });
    const sockets = await Promise.all(['alice', 'bob', 'carol'].map(async (user) => TestSocket.connect(node.port, await node.token(user))));
    const closed = sockets.map((socket) => socket.closed);
    await node.stop();
    for (const close of await Promise.all(closed)) expect(close.code).toBe(1012);
  });

  it('C16 has codes that may be sent, each published once', () => {
    const codes = Object.values(CLOSES).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) {
      const standard = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013].includes(code);
      expect(standard || (code >= 4000 && code <= 4999), `${code}`).toBe(true);
    }
    const published = readFileSync('docs/errors.md', 'utf8');
    for (const code of codes) expect(published).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
  });
});
