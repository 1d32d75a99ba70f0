import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientFrame, RawWebSocket, textFrameOf } from '../../../test/support/raw-websocket.js';
import { SocketServer } from '../../../test/support/socket-server.js';
import { mayReconnect } from '../../protocol/close-codes.js';
import { ActionRegistry } from './action-registry.js';

const TEXT = 0x1;
const BINARY = 0x2;
const PING = 0x9;
const CLOSE = 0x8;

describe('what a peer may not send', () => {
  let server: SocketServer;
  beforeAll(async () => {
    server = await SocketServer.start({
      env: { WAYBILL_FRAME_FRAGMENTS: '16', WAYBILL_PINGS_PER_SECOND: '5', WAYBILL_CLOSE_TIMEOUT_MS: '200' },
    });
  });
  afterAll(() => server.close());

  it.each<[string, () => readonly Buffer[], number]>([
    ['a binary frame', () => [clientFrame(BINARY, 'x')], 1003],
    ['an unmasked frame', () => [clientFrame(TEXT, '{}', { masked: false })], 1002],
    ['a reserved bit', () => [clientFrame(TEXT, '{}', { rsv: 4 })], 1002],
    ['a reserved bit on a control frame', () => [clientFrame(PING, '', { rsv: 4 })], 1002],
    ['an unknown opcode', () => [clientFrame(0x3, '{}')], 1002],
    ['a control frame of 126 bytes', () => [clientFrame(PING, 'x'.repeat(126))], 1002],
    ['a fragmented ping', () => [clientFrame(PING, 'x', { fin: false })], 1002],
    ['a continuation of nothing', () => [clientFrame(0x0, 'x')], 1002],
    ['a new message inside another', () => [clientFrame(TEXT, 'x', { fin: false }), clientFrame(TEXT, 'y')], 1002],
    ['a close frame of one byte', () => [clientFrame(CLOSE, 'x')], 1002],
    ['a close code that is never sent', () => [clientFrame(CLOSE, Buffer.of(0x03, 0xed))], 1002],
    ['a close reason that is not UTF-8', () => [clientFrame(CLOSE, Buffer.of(0x03, 0xe8, 0xff))], 1007],
    ['text that is not UTF-8', () => [clientFrame(TEXT, Buffer.of(0x22, 0xff, 0x22))], 1007],
    ['half a character at the end', () => [clientFrame(TEXT, Buffer.of(0xc3), { fin: false }), clientFrame(0x0, '')], 1007],
    ['a message over the limit', () => [clientFrame(TEXT, 'x'.repeat(65_537))], 1009],
    ['a length of 2^53', () => [clientFrame(TEXT, '', { length: 2 ** 53 })], 1009],
    ['a length with its top bit set', () => [Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1])], 1009],
    [
      'fragments over the limit',
      () => Array.from({ length: 17 }, (_, index) => clientFrame(index === 0 ? TEXT : 0, 'x', { fin: false })),
      1008,
    ],
    ['a flood of pings', () => Array.from({ length: 6 }, () => clientFrame(PING, 'x')), 1008],
  ])('%s', async (_case, frames, code) => {
    const raw = await RawWebSocket.connect(server.port, server.token());
    raw.send(Buffer.concat(frames()));
    expect(await raw.untilClose()).toMatchObject({ code });
    expect(raw.texts.at(-1)).toMatchObject({
      action: 'sys.closing',
      data: { code, reason: expect.any(String) as string, ref: expect.any(String) as string },
    });
    await raw.untilEnd();
    await expect.poll(() => server.registry.size).toBe(0);
    expect(server.telemetry.of('connectionClosed').at(-1)?.[1]).toMatchObject({ code, initiator: 'server' });
    expect(mayReconnect(code)).toBe(false);
  });

  it('but pings between the fragments of a message, and characters split over them, are fine', async () => {
    const raw = await RawWebSocket.connect(server.port, server.token());
    const text = Buffer.from(JSON.stringify({ msg_id: 'split', action: 'ping', data: { text: 'grüße' } }));
    const middle = text.indexOf(0xc3) + 1;
    raw.send(
      Buffer.concat([
        clientFrame(TEXT, text.subarray(0, middle), { fin: false }),
        clientFrame(PING, 'now'),
        clientFrame(0x0, text.subarray(middle)),
      ]),
    );
    await raw.until(() => raw.texts.some((frame) => frame['reply_to'] === 'split'));
    expect(raw.texts.at(-1)).toMatchObject({ code: 'OK', data: { text: 'grüße' } });
    const pong = raw.frames.findIndex(({ opcode }) => opcode === 10);
    expect(raw.frames[pong]?.payload.toString()).toBe('now');
    expect(pong).toBe(raw.frames.length - 2);
    raw.socket.destroy();
  });

  it('a frame that drips', async () => {
    const slow = await SocketServer.start({ env: { WAYBILL_FRAME_TIMEOUT_MS: '150' } });
    const raw = await RawWebSocket.connect(slow.port, slow.token());
    raw.send(clientFrame(TEXT, '{"action"', { length: 60_000 }));
    const drip = setInterval(() => raw.send(Buffer.from('x')), 20);
    expect(await raw.untilClose()).toMatchObject({ code: 1008 });
    clearInterval(drip);
    await slow.close();
  });
});

describe('a frame that cannot be handled', () => {
  let server: SocketServer;
  beforeAll(async () => {
    server = await SocketServer.start({ env: { WAYBILL_BAD_FRAME_STRIKES: '4' } });
  });
  afterAll(() => server.close());

  it.each<[string, string, object]>([
    ['no JSON', '{"action":', { code: 'BAD_REQUEST', field: 'frame' }],
    ['empty', '', { code: 'BAD_REQUEST', field: 'frame' }],
    ['a list', '[1]', { code: 'BAD_REQUEST', field: 'frame' }],
    ['without an action', '{"msg_id":"m"}', { code: 'BAD_REQUEST', field: 'action', reply_to: 'm' }],
    ['of another version', '{"msg_id":"m","version":"9","action":"ping"}', { code: 'BAD_REQUEST', field: 'version', reply_to: 'm' }],
    ['nested too deep', `{"action":"ping","data":${'['.repeat(40)}${']'.repeat(40)}}`, { code: 'BAD_REQUEST', field: 'frame' }],
    ['deep enough to break a stack', '{"a":'.repeat(12_000), { code: 'BAD_REQUEST', field: 'frame' }],
    ['of an unknown action', '{"msg_id":"m","action":"no.such"}', { code: 'UNKNOWN_ACTION', field: 'action', reply_to: 'm' }],
    ['of an action named like a method of objects', '{"msg_id":"m","action":"constructor"}', { code: 'UNKNOWN_ACTION', reply_to: 'm' }],
  ])('%s is answered and leaves the connection open', async (_case, text, expected) => {
    const socket = await server.connect();
    socket.socket.send(text);
    expect(await socket.find((frame) => frame['action'] === 'reply')).toMatchObject(expected);
    expect(await socket.request('ping', { n: 1 })).toMatchObject({ code: 'OK', data: { n: 1 } });
    await socket.close();
  });

  it('too often ends the connection with 4513, after its reply', async () => {
    const socket = await server.connect();
    for (const text of ['{', '{"action":"none"}', '[]', '"x"', '{"action":"ping"}']) socket.socket.send(text);
    expect(await socket.closed).toMatchObject({ code: 4513, reason: 'too many bad frames' });
    expect(socket.frames.map((frame) => frame['code'] ?? frame['action'])).toEqual([
      'welcome',
      'BAD_REQUEST',
      'UNKNOWN_ACTION',
      'BAD_REQUEST',
      'BAD_REQUEST',
      'sys.closing',
    ]);
    expect(server.telemetry.of('command').every(([start]) => ['unknown', 'ping'].includes((start as { action: string }).action))).toBe(
      true,
    );
  });

  it('pollutes no prototype', async () => {
    const socket = await server.connect();
    socket.socket.send('{"msg_id":"p","action":"ping","data":{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}}');
    expect(await socket.find((frame) => frame['reply_to'] === 'p')).toMatchObject({ code: 'OK' });
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    await socket.close();
  });
});

describe('the rate of commands', () => {
  it('is enforced with a time to wait, and insisting ends with 4429', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_COMMANDS_PER_SECOND: '5', WAYBILL_RATE_LIMIT_STRIKES: '10' } });
    const raw = await RawWebSocket.connect(server.port, server.token());
    raw.send(
      Buffer.concat(Array.from({ length: 18 }, (_, index) => textFrameOf({ msg_id: `m${index}`, action: 'auth.refresh', data: {} }))),
    );
    await raw.until(() => raw.texts.length === 19);
    const codes = raw.texts.slice(1).map((frame) => frame['code']);
    expect(codes).toEqual([...Array<string>(10).fill('BAD_REQUEST'), ...Array<string>(8).fill('RATE_LIMITED')]);
    expect(raw.texts.at(-1)).toMatchObject({
      message: expect.stringContaining('limits.commandsPerSecond') as string,
      retry_after_ms: expect.any(Number) as number,
    });
    expect(server.telemetry.of('rateLimited')).toEqual(Array.from({ length: 8 }, () => ['connection']));
    raw.send(Buffer.concat(Array.from({ length: 20 }, () => textFrameOf({ action: 'auth.refresh', data: {} }))));
    expect(await raw.untilClose()).toMatchObject({ code: 4429 });
    await server.close();
  });
});

describe('a defect of the server', () => {
  it('costs one connection, with 1011, and nobody else', async () => {
    const server = await SocketServer.start();
    const [alice, bob] = [await server.connect('alice'), await server.connect('bob')];
    const actions = server.app.get(ActionRegistry);
    const find = actions.find.bind(actions);
    actions.find = (name) => {
      if (name === 'defect') throw new TypeError('a defect');
      return find(name);
    };
    alice.send({ action: 'defect' });
    expect(await alice.closed).toMatchObject({ code: 1011 });
    expect(await bob.request('ping')).toMatchObject({ code: 'OK' });
    await server.close();
  });
});
