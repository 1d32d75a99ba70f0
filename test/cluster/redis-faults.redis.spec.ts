import { afterEach, describe, expect, it, vi } from 'vitest';
import { startCluster, type TestCluster } from '../support/cluster.js';
import type { TestGateway } from '../support/gateway.js';
import { LossyRedis } from '../support/lossy-redis.js';
import { TestSocket } from '../support/socket.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const FILE = { messaging: { namespaces: { live: { durable: false } } } };
/** The contract: without the bus a message of another node comes within this time; and after a fault holes are closed within that one. */
const LATE_MS = 1_500;
const HEALED_MS = 5_000;
/** A publish that waited for Redis would take longer: that is when a command to it is given up. */
const REDIS_TIMEOUT_MS = 1_500;
const PATIENT = { timeout: 20_000, interval: 20 } as const;

interface BusReport {
  readonly state: string;
  readonly detail?: string;
}

async function readinessOf({ opsPort }: TestGateway): Promise<{ readonly status: number; readonly bus: BusReport }> {
  const answer = await fetch(`http://127.0.0.1:${opsPort}/readyz`);
  const { parts } = (await answer.json()) as { readonly parts: { readonly bus: BusReport } };
  return { status: answer.status, bus: parts.bus };
}

describe('faults of Redis between nodes', () => {
  let cluster: TestCluster;
  const sockets: TestSocket[] = [];

  const connect = async (node: TestGateway, user: string, ...topics: readonly string[]): Promise<TestSocket> => {
    const socket = await TestSocket.connect(node.port, await node.token(user));
    sockets.push(socket);
    if (topics.length > 0) await socket.request('topic.subscribe', { topics: topics.map((topic) => ({ topic })) });
    return socket;
  };
  const seqsOf = (socket: TestSocket, topic: string): readonly unknown[] => socket.messages(topic).map(({ seq }) => seq);
  const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

  afterEach(async () => {
    await Promise.all(sockets.splice(0).map((socket) => socket.close()));
    await cluster.stop();
  });

  it('loses nothing while Redis is gone and comes back with nothing in its memory', async () => {
    cluster = await startCluster(2, { file: FILE });
    const [one, two] = cluster.nodes as [TestGateway, TestGateway];
    const readers = [await connect(one, 'near', 'news.x', 'live.x'), await connect(two, 'far', 'news.x', 'live.x')];
    const writer = await connect(one, 'writer');
    const publish = async (topic: string): Promise<unknown> => (await writer.request('topic.publish', { topic, data: 'x' }))['code'];
    for (let count = 0; count < 20; count += 1) expect(await publish('news.x')).toBe('OK');
    expect(await publish('live.x')).toBe('OK');
    await cluster.redis.stop();
    const late: number[] = [];
    for (let count = 21; count <= 25; count += 1) {
      expect(await publish('news.x')).toBe('OK');
      const sentAt = performance.now();
      await vi.waitFor(() => expect(seqsOf(readers[1] as TestSocket, 'news.x')).toHaveLength(count), PATIENT);
      late.push(performance.now() - sentAt);
    }
    expect(Math.max(...late)).toBeLessThan(LATE_MS);
    expect(await publish('live.x')).toBe('UNAVAILABLE');
    await cluster.redis.start();
    await vi.waitFor(async () => {
      for (const node of [one, two]) expect((await readinessOf(node)).status).toBe(200);
      expect(await publish('live.x')).toBe('OK');
    }, PATIENT);
    for (let count = 26; count <= 30; count += 1) expect(await publish('news.x')).toBe('OK');
    for (const reader of readers) {
      await vi.waitFor(() => expect(seqsOf(reader, 'news.x')).toEqual(upTo(30)), { timeout: HEALED_MS, interval: 20 });
      expect(reader.frames.filter(({ action }) => action === 'topic.gap')).toEqual([]);
      await reader.find(({ action, data }) => action === 'topic.reset' && JSON.stringify(data).includes('"live.x"'), PATIENT.timeout);
    }
  });

  it('acknowledges as ever while Redis hangs', async () => {
    cluster = await startCluster(2, { file: FILE });
    const [one, two] = cluster.nodes as [TestGateway, TestGateway];
    const [near, far] = [await connect(one, 'near', 'news.x'), await connect(two, 'far', 'news.x')];
    const writer = await connect(one, 'writer');
    cluster.redis.pause();
    const took: number[] = [];
    for (let count = 0; count < 20; count += 1) {
      const sentAt = performance.now();
      expect((await writer.request('topic.publish', { topic: 'news.x', data: count }))['code']).toBe('OK');
      await near.untilMessages('news.x', count + 1);
      took.push(performance.now() - sentAt);
    }
    expect(Math.max(...took)).toBeLessThan(REDIS_TIMEOUT_MS / 2);
    await vi.waitFor(() => expect(seqsOf(far, 'news.x')).toEqual(upTo(20)), { timeout: LATE_MS + 1_000 });
    await vi.waitFor(async () => expect((await readinessOf(one)).bus.state).toBe('degraded'), PATIENT);
    cluster.redis.resume();
    await vi.waitFor(async () => expect((await readinessOf(two)).status).toBe(200), PATIENT);
  });

  it('degrades the one node that is cut off, and it alone', async () => {
    cluster = await startCluster(1, { file: FILE });
    const proxy = await TcpProxy.before(cluster.redis.url);
    const cut = await cluster.add({ env: { REDIS_URL: proxy.through(cluster.redis.url) } });
    const [one] = cluster.nodes as [TestGateway];
    const reader = await connect(cut, 'far', 'news.x');
    const writer = await connect(one, 'writer');
    proxy.cut();
    await vi.waitFor(async () => expect((await readinessOf(cut)).bus.state).toBe('degraded'), PATIENT);
    expect(await readinessOf(cut)).toMatchObject({ status: 200, bus: { detail: expect.stringMatching(/does not hear the other nodes/) } });
    for (let count = 1; count <= 5; count += 1) {
      await writer.request('topic.publish', { topic: 'news.x', data: count });
      const sentAt = performance.now();
      await vi.waitFor(() => expect(seqsOf(reader, 'news.x')).toHaveLength(count), PATIENT);
      expect(performance.now() - sentAt).toBeLessThan(LATE_MS);
    }
    expect((await readinessOf(one)).bus.state).toBe('ok');
    proxy.restore();
    await writer.request('topic.publish', { topic: 'news.x', data: 6 });
    await vi.waitFor(() => expect(seqsOf(reader, 'news.x')).toEqual(upTo(6)), PATIENT);
    await proxy.close();
  });

  it('closes every hole that silent losses leave, the one at the end too', async () => {
    cluster = await startCluster(1, { file: FILE });
    const lossy = await LossyRedis.before(cluster.redis.url);
    const far = await cluster.add({ env: { REDIS_URL: lossy.url, WAYBILL_EPHEMERAL_SWEEP_MS: '500' } });
    const [one] = cluster.nodes as [TestGateway];
    const reader = await connect(far, 'far', 'news.x', 'live.x');
    const writer = await connect(one, 'writer');
    const count = 100;
    let seen = 0;
    // One in a hundred, and the last of each topic.
    lossy.lose = (frame) => /"(?:news|live)\.x"/.test(frame) && ((seen += 1) % 50 === 0 || frame.includes('"last"'));
    for (const topic of ['news.x', 'live.x'])
      for (let index = 1; index <= count; index += 1)
        await writer.request('topic.publish', { topic, data: index === count ? 'last' : index });
    await vi.waitFor(() => expect(seqsOf(reader, 'news.x')).toEqual(upTo(count)), { timeout: HEALED_MS });
    await vi.waitFor(() => expect(seqsOf(reader, 'live.x')).toEqual(upTo(count)), PATIENT);
    expect(lossy.lost).toBeGreaterThanOrEqual(4);
    await lossy.close();
  });
});
