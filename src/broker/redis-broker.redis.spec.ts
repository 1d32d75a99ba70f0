import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { LossyRedis } from '../../test/support/lossy-redis.js';
import { linksTo } from '../../test/support/redis-node.js';
import { TestRedis } from '../../test/support/redis.js';
import { TcpProxy } from '../../test/support/tcp-proxy.js';
import type { RedisLinks } from '../cluster/redis-links.js';
import type { Draft, Message } from '../messaging/message.js';
import { RecordingTelemetry } from '../telemetry/recording-telemetry.js';
import { RedisBroker } from './redis-broker.js';

const WINDOW = { redisInFlight: 1_000, redisInFlightBytes: 1_000_000 };
const PATIENT = { timeout: 15_000 } as const;
/** The contract: this many topics are back after a loss of the subscriptions, within this time. */
const TOPICS = 10_000;
const BACK_MS = 5_000;

function draftOf(topic: string, msgId: string, dataText = '1'): Draft {
  const about = { door: 'socket', clientTimestamp: undefined, trace: undefined } as const;
  return { topic, msgId, publisher: 'alice', action: 'note', dataText, timestamp: 1, ...about };
}

function messageOf(topic: string, seq: number, dataText = '1'): Message {
  return { ...draftOf(topic, `m${seq}`, dataText), epoch: 'e', seq };
}

describe('the bus at Redis', () => {
  let redis: TestRedis;
  let opened = 0;
  const links: RedisLinks[] = [];
  const telemetry = new RecordingTelemetry();

  const open = async (url = redis.url, env: Readonly<Record<string, string>> = {}): Promise<RedisBroker> => {
    const made = await linksTo(url, `b${opened}`, env, telemetry);
    links.push(made);
    return new RedisBroker(made, WINDOW);
  };

  beforeAll(async () => {
    redis = await TestRedis.start();
  });
  afterAll(() => redis.stop());
  afterEach(() => {
    opened += 1;
    telemetry.events.length = 0;
    for (const each of links.splice(0)) each.onApplicationShutdown();
  });

  it('brings ten thousand topics back after Redis has thrown the subscriber out', async () => {
    const [node, other] = [await open(), await open()];
    const arrived = new Set<string>();
    node.listen(({ topic }) => void arrived.add(topic));
    await Promise.all(Array.from({ length: TOPICS }, (_, index) => node.subscribe(`t.${index}`)));
    const back = new Promise<void>((resolve) => node.watch(() => node.isConnected('subscribe') && resolve()));
    const lostAt = performance.now();
    await links[1]?.commands.client.client('KILL', 'TYPE', 'pubsub');
    await back;
    expect(performance.now() - lostAt).toBeLessThan(BACK_MS);
    for (let index = 0; index < TOPICS; index += 500) await other.publish(messageOf(`t.${index}`, 1));
    await vi.waitFor(() => expect(arrived.size).toBe(TOPICS / 500), PATIENT);
  });

  it('gathers what is subscribed at once into few commands', async () => {
    const node = await open();
    const commandsOf = async (name: string): Promise<number> => {
      const stats = (await links[0]?.commands.client.info('commandstats')) ?? '';
      return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    };
    const [subscribes, unsubscribes] = [await commandsOf('subscribe'), await commandsOf('unsubscribe')];
    await Promise.all(Array.from({ length: 3_000 }, (_, index) => node.subscribe(`t.${index}`)));
    await Promise.all(Array.from({ length: 3_000 }, (_, index) => node.unsubscribe(`t.${index}`)));
    expect((await commandsOf('subscribe')) - subscribes).toBeLessThanOrEqual(4);
    expect((await commandsOf('unsubscribe')) - unsubscribes).toBeLessThanOrEqual(4);
  });

  it('holds what was wished for last, however quickly the wishes change', async () => {
    const [node, other] = [await open(), await open()];
    const seen: string[] = [];
    node.listen(({ topic }) => seen.push(topic));
    await Promise.all([node.subscribe('a'), node.unsubscribe('a'), node.subscribe('a'), node.subscribe('b'), node.unsubscribe('b')]);
    await other.publish(messageOf('b', 1));
    await other.publish(messageOf('a', 1));
    await vi.waitFor(() => expect(seen).toEqual(['a']), PATIENT);
  });

  it('finds a link that is up and brings nothing, says so, and makes it anew', async () => {
    const lossy = await LossyRedis.before(redis.url);
    const node = await open(lossy.url, { WAYBILL_REDIS_PING_MS: '200' });
    expect(node.isConnected('subscribe')).toBe(true);
    lossy.lose = () => true;
    await vi.waitFor(() => expect(telemetry.of('busError')).toContainEqual(['probe']), PATIENT);
    expect([node.isConnected('publish'), node.isConnected('subscribe')]).toEqual([true, false]);
    lossy.lose = () => false;
    await vi.waitFor(() => expect(node.isConnected('subscribe')).toBe(true), PATIENT);
    await lossy.close();
  });

  it('keeps a link that loses a message now and then', async () => {
    const lossy = await LossyRedis.before(redis.url);
    const node = await open(lossy.url, { WAYBILL_REDIS_PING_MS: '100' });
    let turn = 0;
    lossy.lose = () => (turn += 1) % 2 === 0;
    await vi.waitFor(() => expect(lossy.lost).toBeGreaterThan(5), PATIENT);
    expect(telemetry.of('busError')).toEqual([]);
    lossy.lose = () => false;
    await vi.waitFor(() => expect(node.isConnected('subscribe')).toBe(true), PATIENT);
    await lossy.close();
  });

  it('neither waits nor gathers while Redis hangs, and hands out on its own node', async () => {
    const hung = await TestRedis.start();
    const node = await open(hung.url);
    const seen: number[] = [];
    node.listen(({ seq }) => seen.push(seq));
    await node.subscribe('t');
    hung.pause();
    const text = JSON.stringify('x'.repeat(2_000));
    const published = Array.from({ length: 20_000 }, (_, index) => node.publish(messageOf('t', index + 1, text)));
    let refused = 0;
    for (const each of published) each.catch(({ code }: { code?: string }) => (refused += code === 'UNAVAILABLE' ? 1 : 0));
    await delay(0);
    // A million bytes are under way, and nothing else is kept.
    expect(refused).toBeGreaterThan(19_000);
    expect(seen).toHaveLength(20_000);
    const sequenced = node.publishEphemeral(draftOf('live', 'x', text), 10);
    await expect(sequenced).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 1_000 });
    await Promise.allSettled(published);
    hung.resume();
    await vi.waitFor(() => expect(node.isConnected('subscribe') && node.isConnected('publish')).toBe(true), PATIENT);
    expect(await node.publishEphemeral(draftOf('live', 'x'), 10)).toMatchObject({ kind: 'stored', position: { seq: 1 } });
    await hung.stop();
  });

  it('does not know what became of a call that got no answer, and a repeat says it', async () => {
    const proxy = await TcpProxy.before(redis.url);
    const node = await open(proxy.through(redis.url));
    await node.publishEphemeral(draftOf('live', 'first'), 10);
    proxy.when('secret-payload', 'swallow');
    const draft = draftOf('live', 'again', '"secret-payload"');
    await expect(node.publishEphemeral(draft, 10)).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
    proxy.restore();
    const repeat = async (): Promise<void> =>
      expect(await node.publishEphemeral(draft, 10)).toMatchObject({ kind: 'duplicate', position: { seq: 2 } });
    await vi.waitFor(repeat, PATIENT);
    await proxy.close();
  });

  it('begins topics without a log anew where Redis has lost its memory, also in lists', async () => {
    const own = await TestRedis.start();
    const node = await open(own.url);
    const before = await node.publishEphemeral(draftOf('live', 'x'), 10);
    await own.stop();
    await vi.waitFor(() => expect(node.isConnected('publish')).toBe(false), PATIENT);
    await expect(node.publishEphemeral(draftOf('live', 'y'), 10)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(node.endsEphemeral('live')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await own.start();
    await vi.waitFor(() => expect(node.isConnected('publish')).toBe(true), PATIENT);
    const after = await node.publishEphemeral(draftOf('live', 'x'), 10);
    expect(after).toMatchObject({ kind: 'stored', position: { seq: 1 } });
    const epochs = [before, after].map((outcome) => (outcome.kind === 'stored' ? outcome.position.epoch : ''));
    expect(epochs[0]).not.toBe(epochs[1]);
    await own.stop();
  });

  it('forgets the name of a topic that has expired', async () => {
    const node = await open();
    for (const topic of ['a', 'b', 'c']) await node.publishEphemeral(draftOf(topic, 'x'), 10);
    const [first] = links;
    await first?.commands.client.del(first.topicKey('ephemeral', 'b'));
    expect((await node.ephemeralTopics({ limit: 10 })).map(({ topic }) => topic)).toEqual(['a', 'c']);
    expect(await first?.commands.client.zcard(first.topicKey('names', 'ephemeral'))).toBe(2);
  });

  it('forgets what nobody used, and not what somebody is subscribed to', async () => {
    const node = await open();
    const [first] = links;
    const leftMs = async (topic: string): Promise<number> => (await first?.commands.client.pttl(first.topicKey('ephemeral', topic))) ?? 0;
    await node.endsEphemeral('asked');
    await node.subscribe('held');
    await node.endsEphemeral('held');
    await node.publishEphemeral(draftOf('written', 'x'), 10);
    expect(await leftMs('asked')).toBeLessThanOrEqual(60_000);
    expect(await leftMs('held')).toBeGreaterThan(60_000);
    expect(await leftMs('written')).toBeGreaterThan(60_000);
  });

  it('knows the password, and says what Redis has against it', async () => {
    const guarded = await TestRedis.start(['--requirepass', 'pass word']);
    const url = (password: string): string => `redis://:${encodeURIComponent(password)}@127.0.0.1:${new URL(guarded.url).port}`;
    const node = await open(url('pass word'));
    expect([node.isConnected('publish'), node.isConnected('subscribe')]).toEqual([true, true]);
    const wrong = await open(url('another'));
    expect(wrong.isConnected('publish')).toBe(false);
    expect(wrong.trouble()).toMatch(/WRONGPASS/);
    await guarded.stop();
  });

  it('keeps what a node writes for itself on that node, also without Redis', async () => {
    const [node, other] = [await open(), await open('redis://127.0.0.1:1')];
    expect(await other.publishEphemeral(draftOf('$canary.n1', 'x'), 0)).toMatchObject({ kind: 'stored' });
    const seen: Message[] = [];
    node.listen((message) => seen.push(message));
    await node.subscribe('$canary.n1');
    await node.publishEphemeral(draftOf('$canary.n1', 'y'), 0);
    await vi.waitFor(() => expect(seen).toHaveLength(1), PATIENT);
    expect(await links[0]?.commands.client.exists(links[0].topicKey('ephemeral', '$canary.n1'))).toBe(0);
  });

  it('measures how long messages took by the clock of Redis', async () => {
    const [node, other] = [await open(), await open()];
    const lags: (number | undefined)[] = [];
    node.listen((_message, lagMs) => lags.push(lagMs));
    await node.subscribe('t');
    await node.publish(messageOf('t', 1));
    // This machine's clock is an hour ahead of what it was when the processes began.
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
    await other.publish(messageOf('t', 2));
    await vi.waitFor(() => expect(lags).toHaveLength(2), PATIENT);
    vi.restoreAllMocks();
    expect(lags[0]).toBeUndefined();
    expect(lags[1]).toBeLessThan(1_000);
    await vi.waitFor(() => expect(telemetry.of('busRoundTrip').length).toBeGreaterThan(0), PATIENT);
  });
});
