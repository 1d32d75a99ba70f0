import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { EventReader } from '../support/event-reader.js';
import { TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

const ROUTE = '/api/v1/ops/probes';
const WAIT = { timeout: 20_000, interval: 50 };

interface Seen {
  readonly n: number;
  readonly kind: string;
  readonly node: string;
  readonly user?: string;
  readonly reason?: string;
  readonly payload?: string;
}
interface View {
  readonly id: string;
  readonly node: string;
  readonly state: string;
}

let cluster: TestCluster;
let one: TestGateway;
let two: TestGateway;

async function start(at: TestGateway, body: object): Promise<View> {
  const answer = await at.rest('POST', ROUTE, body);
  expect(answer.status).toBe(201);
  return answer.body.data;
}

async function events(at: TestGateway, id: string): Promise<readonly Seen[]> {
  const answer = await at.rest('GET', `${ROUTE}/${id}/events?limit=1000`);
  expect(answer.status).toBe(200);
  return (answer.body.data as { readonly items: readonly Seen[] }).items;
}

const places = (seen: readonly Seen[], kind: string): readonly string[] =>
  [...new Set(seen.filter((event) => event.kind === kind).map(({ node }) => node))].sort();
async function watched(at: TestGateway, id: string): Promise<void> {
  await expect.poll(async () => places(await events(at, id), 'started'), WAIT).toEqual(['node-1', 'node-2']);
}

describe('probes over two nodes', () => {
  beforeAll(async () => {
    cluster = await startCluster(2, { env: { WAYBILL_ORDER_POLL_MS: '25000' } });
    [one, two] = cluster.nodes as [TestGateway, TestGateway];
  });
  afterAll(() => cluster.stop());

  it('bring what both see of a topic to whoever asks either, in one order, without payloads that were not asked for', async () => {
    const { id } = await start(one, { topic: 'orders.*', payload: true });
    await watched(two, id);
    const reader = await TestSocket.connect(two.port, await two.token('reader'));
    await reader.request('topic.subscribe', { topics: [{ topic: 'orders.7' }] });
    const writer = await TestSocket.connect(one.port, await one.token('writer'));
    await writer.request('topic.publish', { topic: 'orders.7', data: { secret: 42 } });
    await reader.untilMessages('orders.7', 1);
    await expect.poll(async () => places(await events(two, id), 'published'), WAIT).toEqual(['node-1']);
    await expect.poll(async () => places(await events(two, id), 'subscribed'), WAIT).toEqual(['node-2']);
    await expect
      .poll(async () => (await events(one, id)).filter(({ kind, node }) => kind === 'fan_out' && node === 'node-2').length, WAIT)
      .toBe(1);
    const [here, there] = [await events(one, id), await events(two, id)];
    expect(here.map(({ n }) => n)).toEqual(here.map((_, index) => index + 1));
    expect(there).toEqual(here);
    expect(here.some(({ payload }) => payload?.includes('42'))).toBe(true);
    await Promise.all([reader.close(), writer.close()]);
    const ended = await two.rest('DELETE', `${ROUTE}/${id}`);
    expect([ended.status, ended.body]).toMatchObject([200, { data: { state: 'ended', node: 'node-1' } }]);
  });

  it('are told live by a node that does not keep them, to their end', async () => {
    const { id } = await start(one, { user: 'alice' });
    const stream = await EventReader.open(`http://127.0.0.1:${two.port}${ROUTE}/${id}/events`, { authorization: `Bearer ${TEST_API_KEY}` });
    await watched(one, id);
    const alice = await TestSocket.connect(two.port, await two.token('alice'));
    await alice.close();
    await expect.poll(async () => places(await events(one, id), 'closed'), WAIT).toEqual(['node-2']);
    expect((await one.rest('DELETE', `${ROUTE}/${id}`)).status).toBe(200);
    const told: string[] = [];
    for (let event = await stream.next(); event !== undefined; event = await stream.next()) {
      told.push(event.event);
      if (event.event === 'ended') break;
    }
    expect(told).toEqual(expect.arrayContaining(['started', 'connected', 'closed', 'ended']));
    stream.close();
  });

  it('watch a connection of another node, and end with it', async () => {
    const bob = await TestSocket.connect(two.port, await two.token('bob'));
    const { ref } = (await bob.find((frame) => frame['action'] === 'welcome'))['data'] as { readonly ref: string };
    const { id } = await start(one, { connection: ref });
    await watched(one, id);
    await bob.request('topic.subscribe', { topics: [{ topic: 'news.today' }] });
    await expect.poll(async () => places(await events(one, id), 'subscribed'), WAIT).toEqual(['node-2']);
    await bob.close();
    await expect.poll(async () => (await events(two, id)).at(-1), WAIT).toMatchObject({ kind: 'ended', reason: 'connection_closed' });
    expect(await one.rest('POST', ROUTE, { connection: 'nobody' })).toMatchObject({ status: 404, body: { field: 'connection' } });
  });

  it('are listed by both, once each', async () => {
    const { id } = await start(two, { user: 'carol' });
    await watched(one, id);
    for (const node of [one, two]) {
      const { items, missing } = (await node.rest('GET', ROUTE)).body.data as {
        readonly items: readonly View[];
        readonly missing: unknown;
      };
      expect(items.filter((probe) => probe.id === id)).toMatchObject([{ node: 'node-2', state: 'live' }]);
      expect(missing).toEqual([]);
    }
    expect((await one.rest('GET', `${ROUTE}/${id}`)).body.data).toMatchObject({ id, node: 'node-2' });
    expect((await one.rest('GET', `${ROUTE}/nothing`)).status).toBe(404);
    await two.rest('DELETE', `${ROUTE}/${id}`);
  });
});
