import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Config } from '../../src/config/config.js';
import { LiveSettings } from '../../src/config/live-settings.js';
import { EventReader } from '../support/event-reader.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { clientFrame, RawWebSocket, textFrameOf } from '../support/raw-websocket.js';
import { type Frame, TestSocket } from '../support/socket.js';

const PROXY = '127.0.0.9';
const PING = 0x9;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ env: { WAYBILL_TRUSTED_PROXIES: PROXY } });
});
afterAll(() => gateway.stop());
beforeEach(() => settings({}));

/** Changes the settings of the running gateway, as an operator would; what is not named has its default. */
function settings(env: Readonly<Record<string, string>>): void {
  gateway.gateway.app.get(LiveSettings).replace(Config.from(env));
}

interface Attempt {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: { readonly code?: string; readonly rule?: string; readonly retry_after_ms?: number };
  readonly socket: WebSocket;
}

/** Tries to open a socket from an address of this machine; one that opened stays open. */
async function attempt(token: string, from = '127.0.0.1', headers: Readonly<Record<string, string>> = {}): Promise<Attempt> {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/ws`, 'waybill.v1', {
    headers: { authorization: `Bearer ${token}`, ...headers },
    localAddress: from,
  });
  socket.on('error', () => undefined);
  const refused = once(socket, 'unexpected-response').then(([, response]) => response as IncomingMessage);
  const response = await Promise.race([once(socket, 'open').then(() => undefined), refused]);
  if (response === undefined) return { status: 101, retryAfter: undefined, body: {}, socket };
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers['retry-after'],
    body: JSON.parse(text) as Attempt['body'],
    socket,
  };
}

async function leave(attempts: readonly Attempt[]): Promise<void> {
  for (const { socket } of attempts) socket.terminate();
  await expect.poll(connections, { timeout: 10_000 }).toBe(0);
}

async function connections(): Promise<number> {
  const { body } = await gateway.rest('GET', '/api/v1/ops/connections?limit=1000');
  return (body.data as { items: readonly unknown[] }).items.length;
}

/** Sends frames in one write and waits until each is answered, by their `msg_id`. */
async function answers(raw: RawWebSocket, frames: readonly Frame[]): Promise<readonly Frame[]> {
  raw.send(Buffer.concat(frames.map(textFrameOf)));
  const wanted = new Set(frames.map((frame) => frame['msg_id']));
  const replies = (): readonly Frame[] => raw.texts.filter((frame) => wanted.has(frame['reply_to']));
  await raw.until(() => replies().length === frames.length);
  return replies();
}

const codes = (replies: readonly Frame[]): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(replies, (reply) => reply['code'] as string)].map(([code, some]) => [code, some.length]));

describe('connections of one address', () => {
  const forged = (n: number): Readonly<Record<string, string>> => ({ 'x-forwarded-for': `203.0.113.${n}` });

  it.each<[string, (n: number) => Readonly<Record<string, string>>]>([
    ['as it is', () => ({})],
    ['with X-Forwarded-For forged by the client', forged],
  ])('S35 the 101st of a limit of 100, %s', async (_case, headers) => {
    settings({ WAYBILL_CONNECTIONS_PER_ADDRESS: '100', WAYBILL_CONNECTIONS_PER_USER: '0' });
    const token = await gateway.token('alice');
    const hundred = await Promise.all(Array.from({ length: 100 }, (_, n) => attempt(token, '127.0.0.1', headers(n))));
    expect(hundred.every(({ status }) => status === 101)).toBe(true);
    const last = await attempt(token, '127.0.0.1', headers(200));
    expect(last).toMatchObject({ status: 429, retryAfter: '5' });
    expect(last.body).toMatchObject({ code: 'LIMIT_EXCEEDED', rule: 'gateway.connectionsPerAddress', retry_after_ms: 5_000 });
    const neighbour = await attempt(token, '127.0.0.2');
    expect(neighbour.status).toBe(101);
    await leave([...hundred, last, neighbour]);
  });

  it('S35 behind a trusted proxy: the client counts, an IPv6 one with its /64', async () => {
    settings({ WAYBILL_CONNECTIONS_PER_ADDRESS: '1' });
    const token = await gateway.token('alice');
    const via = (client: string): Promise<Attempt> => attempt(token, PROXY, { 'x-forwarded-for': client });
    const attempts: Attempt[] = [];
    for (const client of ['203.0.113.1', '203.0.113.1', '198.51.100.9, 203.0.113.1', '2001:db8::1', '2001:db8::ffff', '2001:db8:0:1::1'])
      attempts.push(await via(client));
    expect(attempts.map(({ status }) => status)).toEqual([101, 429, 429, 101, 429, 101]);
    await leave(attempts);
  });
});

describe('connections of one user', () => {
  it('S36 the 11th of a limit of 10, refused by policy: 429', async () => {
    settings({ WAYBILL_CONNECTIONS_PER_USER: '10' });
    const token = await gateway.token('alice');
    const ten = await Promise.all(Array.from({ length: 10 }, () => attempt(token)));
    const eleventh = await attempt(token);
    expect([...new Set(ten.map(({ status }) => status)), eleventh.status]).toEqual([101, 429]);
    expect(eleventh.body).toMatchObject({ code: 'LIMIT_EXCEEDED', rule: 'gateway.connectionsPerUser' });
    settings({ WAYBILL_CONNECTIONS_PER_USER: '11' });
    const afterwards = await attempt(token);
    expect(afterwards.status).toBe(101);
    await leave([...ten, eleventh, afterwards]);
  });

  it('S36 the 11th of a limit of 10, by policy in the place of the oldest: 4505', async () => {
    settings({ WAYBILL_CONNECTIONS_PER_USER: '10', WAYBILL_CONNECTIONS_PER_USER_POLICY: 'evict_oldest' });
    const token = await gateway.token('alice');
    const oldest = await TestSocket.connect(gateway.port, token);
    const stream = await EventReader.open(`http://127.0.0.1:${gateway.port}/api/v1/topics/news/messages`, {
      authorization: `Bearer ${token}`,
    });
    const others = await Promise.all(Array.from({ length: 8 }, () => attempt(token)));
    const eleventh = await attempt(token);
    expect(eleventh.status).toBe(101);
    expect(await oldest.closed).toEqual({ code: 4505, reason: 'replaced by a newer connection' });
    expect(oldest.frames.at(-1)).toMatchObject({ action: 'sys.closing', data: { code: 4505 } });
    await expect.poll(connections).toBe(10);
    // An event stream is a connection like others.
    const twelfth = await attempt(token);
    expect((await stream.rest()).at(-1)).toMatchObject({ event: 'sys.closing', data: expect.stringContaining('4505') as string });
    const racers = await Promise.all(Array.from({ length: 20 }, () => attempt(token)));
    expect(racers.every(({ status }) => status === 101)).toBe(true);
    await expect.poll(connections, { timeout: 10_000 }).toBe(10);
    await leave([...others, eleventh, twelfth, ...racers]);
  });
});

describe('the rate of messages', () => {
  const publishes = (count: number, from = 0): readonly Frame[] =>
    Array.from({ length: count }, (_, n) => ({
      msg_id: `m${from + n}`,
      action: 'topic.publish',
      data: { topic: 'chat.flood', data: from + n },
    }));

  it('S37 1,000 at once against 50/s with bursts of 100: 100 accepted, the rest told when, insisting ends with 4429, others unharmed', async () => {
    settings({ WAYBILL_COMMANDS_PER_SECOND: '50', WAYBILL_COMMANDS_BURST: '100' });
    const [flooder, bob] = [
      await RawWebSocket.connect(gateway.port, await gateway.token('alice')),
      await TestSocket.connect(gateway.port, await gateway.token('bob')),
    ];
    const flood = answers(flooder, publishes(1_000));
    const began = performance.now();
    expect(await bob.request('topic.publish', { topic: 'chat.calm', data: 1 })).toMatchObject({ code: 'OK' });
    const waited = performance.now() - began;
    const replies = await flood;
    const { OK: accepted = 0, RATE_LIMITED: limited = 0 } = codes(replies);
    // Some units were earned while the thousand were read.
    expect([accepted + limited, accepted >= 100, accepted < 400]).toEqual([1_000, true, true]);
    expect(replies.slice(0, 100).every((reply) => reply['code'] === 'OK')).toBe(true);
    const refused = replies.find((reply) => reply['code'] === 'RATE_LIMITED');
    expect(refused).toMatchObject({
      rule: 'limits.commandsPerSecond',
      message: expect.stringContaining('limits.commandsPerSecond') as string,
    });
    expect(refused?.['retry_after_ms']).toBeGreaterThan(0);
    expect(waited).toBeLessThan(5_000);
    flooder.send(Buffer.concat(publishes(1_000, 1_000).map(textFrameOf)));
    expect(await flooder.untilClose()).toMatchObject({ code: 4429 });
    expect(flooder.texts.at(-1)).toMatchObject({
      action: 'sys.closing',
      data: { code: 4429, retry_after_ms: expect.any(Number) as number },
    });
    expect(await bob.request('ping')).toMatchObject({ code: 'OK' });
    await bob.close();
  });

  it('S37 the limit changed while the connection is open', async () => {
    const raw = await RawWebSocket.connect(gateway.port, await gateway.token('alice'));
    expect(codes(await answers(raw, publishes(300)))).toEqual({ OK: 300 });
    settings({ WAYBILL_COMMANDS_PER_SECOND: '1', WAYBILL_COMMANDS_BURST: '5' });
    const { OK: accepted = 0, RATE_LIMITED: limited = 0 } = codes(await answers(raw, publishes(100, 300)));
    expect([accepted >= 5, accepted < 30, accepted + limited]).toEqual([true, true, 100]);
    settings({});
    expect(codes(await answers(raw, publishes(300, 400)))).toEqual({ OK: 300 });
    raw.socket.destroy();
  });

  it('S37 of one user over several connections and REST', async () => {
    const token = await gateway.token('carol');
    const [one, other] = [await RawWebSocket.connect(gateway.port, token), await RawWebSocket.connect(gateway.port, token)];
    settings({ WAYBILL_USER_PER_SECOND: '1', WAYBILL_USER_BURST: '20' });
    const first = codes(await answers(one, publishes(15)));
    const second = codes(await answers(other, publishes(15, 15)));
    expect(first).toEqual({ OK: 15 });
    expect(second['OK']).toBeLessThan(12);
    const answer = await gateway.rest('POST', '/api/v1/topics/chat.flood/messages', { data: 1 }, { authorization: `Bearer ${token}` });
    expect(answer).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED', rule: 'limits.userPerSecond' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await attempt(token)).body).toMatchObject({ code: 'RATE_LIMITED', rule: 'limits.userPerSecond' });
    for (const { socket } of [one, other]) socket.destroy();
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['API key', { WAYBILL_KEY_PER_SECOND: '1', WAYBILL_KEY_BURST: '10' }, 'limits.keyPerSecond'],
    ['address', { WAYBILL_REQUESTS_PER_SECOND: '1', WAYBILL_REQUESTS_BURST: '10' }, 'limits.requestsPerSecond'],
  ])('S37 of one %s by REST, a batch by its messages', async (_whose, env, rule) => {
    settings(env);
    const batch = { messages: Array.from({ length: 200 }, (_, n) => ({ topic: 'chat.batch', data: n })) };
    const [allowed, refused] = [
      await gateway.rest('POST', '/api/v1/messages', batch),
      await gateway.rest('POST', '/api/v1/messages', batch),
    ];
    // The first came upon a full bucket and left it in debt.
    expect([allowed.status, refused.status, refused.body]).toMatchObject([200, 429, { code: 'RATE_LIMITED', rule }]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60);
  });
});

describe('cost, not count', () => {
  const histories = (count: number, limit: number, from = 0): readonly Frame[] =>
    Array.from({ length: count }, (_, n) => ({ msg_id: `h${from + n}`, action: 'topic.history', data: { topic: 'chat.cost', limit } }));

  it('S38 the dearest call is stopped long before the cheapest', async () => {
    settings({ WAYBILL_COMMANDS_PER_SECOND: '50', WAYBILL_COMMANDS_BURST: '110' });
    const counted = async (user: string, frames: readonly Frame[]): Promise<number> => {
      const raw = await RawWebSocket.connect(gateway.port, await gateway.token(user));
      const { OK: accepted = 0 } = codes(await answers(raw, frames));
      raw.socket.destroy();
      return accepted;
    };
    const dear = await counted('dear', histories(100, 1_000));
    const cheap = await counted('cheap', histories(100, 1));
    expect(dear).toBeGreaterThanOrEqual(10);
    expect(dear).toBeLessThan(30);
    expect(cheap).toBe(100);
  });

  it('S38 by default too, over sockets and REST of the user together', async () => {
    const token = await gateway.token('reader');
    const raw = await RawWebSocket.connect(gateway.port, token);
    const replies = await answers(raw, histories(200, 1_000));
    const { OK: accepted = 0, RATE_LIMITED: limited = 0 } = codes(replies);
    expect([accepted >= 90, accepted < 150, accepted + limited]).toEqual([true, true, 200]);
    expect(replies.find((reply) => reply['code'] === 'RATE_LIMITED')).toMatchObject({ rule: 'limits.historyPerSecond' });
    const read = () => gateway.rest('GET', '/api/v1/topics/chat.cost/messages?limit=1000', undefined, { authorization: `Bearer ${token}` });
    // A slow machine earns some units meanwhile.
    let rest = await read();
    for (let n = 0; n < 30 && rest.status === 200; n += 1) rest = await read();
    expect(rest).toMatchObject({ status: 429, body: { rule: 'limits.historyPerSecond' } });
    expect(codes(await answers(raw, [{ msg_id: 'p', action: 'topic.publish', data: { topic: 'chat.cost', data: 1 } }]))).toEqual({ OK: 1 });
    raw.socket.destroy();
  });

  it.each<[string, string, unknown, number]>([
    ['presence', 'topic.presence', { topic: 'chat.cost' }, 100],
    ['subscribes', 'topic.subscribe', { topics: Array.from({ length: 10 }, (_, n) => ({ topic: `chat.${n}` })) }, 100],
  ])('S38 %s have a limit of their own', async (name, action, data, atOnce) => {
    const raw = await RawWebSocket.connect(gateway.port, await gateway.token(`asks-for-${name}`));
    const frames = Array.from({ length: 200 }, (_, n) => ({ msg_id: `a${n}`, action, data }));
    const replies = await answers(raw, frames);
    const { OK: accepted = 0, RATE_LIMITED: limited = 0 } = codes(replies);
    expect([accepted >= atOnce, accepted < atOnce + 60, accepted + limited]).toEqual([true, true, 200]);
    expect(replies.find((reply) => reply['code'] === 'RATE_LIMITED')).toMatchObject({ rule: `limits.${name}PerSecond` });
    raw.socket.destroy();
  });
});

describe('pings', () => {
  it('S40 a flood of 10,000 is ended with 1008 after a second’s worth of pongs', async () => {
    const raw = await RawWebSocket.connect(gateway.port, await gateway.token('alice'));
    const began = performance.now();
    raw.send(Buffer.concat(Array.from({ length: 10_000 }, () => clientFrame(PING, 'x'))));
    expect(await raw.untilClose()).toMatchObject({ code: 1008 });
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(raw.frames.filter(({ opcode }) => opcode === 0xa).length).toBeLessThanOrEqual(10);
    await expect.poll(connections, { timeout: 10_000 }).toBe(0);
  });
});

describe('what was limited', () => {
  it('S37 is counted by limit, with closed labels', async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).text();
    for (const scope of ['connection', 'user', 'key', 'address', 'history', 'presence', 'subscribes'])
      expect(metrics).toMatch(new RegExp(`waybill_rate_limited_total\\{scope="${scope}"\\} [1-9]`));
  });
});
