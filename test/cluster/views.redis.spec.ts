import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { NodeChannel } from '../../src/cluster/node-channel.js';
import type { SystemSample } from '../../src/protocol/overview-sample.js';
import { type TestCluster, startCluster } from '../support/cluster.js';
import { CommandLine } from '../support/command-line.js';
import type { TestGateway } from '../support/gateway.js';
import { OperatorSession } from '../support/operator-session.js';
import { TestSocket } from '../support/socket.js';

const ADMIN_PASSWORD = 'the first admin of these tests';
/** Longer than by default: this machine may be busy with other tests. */
const CALL_TIMEOUT_MS = 2_000;

interface Missing {
  readonly missing: readonly { readonly node: string; readonly reason: string; readonly says: string }[];
}
interface Page extends Missing {
  readonly items: readonly Readonly<Record<string, never>>[];
  readonly next?: string;
}

let cluster: TestCluster;
let one: TestGateway;
let two: TestGateway;
/** alice is connected to both nodes, bob to the second alone. */
let sockets: readonly TestSocket[];
let seq: number;

beforeAll(async () => {
  // What open subscriptions were given is recorded by nobody's clock within this test.
  cluster = await startCluster(2, {
    env: {
      WAYBILL_LEDGER_CHECKPOINT_MS: '600000',
      WAYBILL_CALL_TIMEOUT_MS: String(CALL_TIMEOUT_MS),
      WAYBILL_OPERATOR_PASSWORD: ADMIN_PASSWORD,
    },
  });
  [one, two] = cluster.nodes as [TestGateway, TestGateway];
  for (const node of cluster.nodes)
    await vi.waitFor(async () => expect((await summary(node)).nodes).toHaveLength(2), { timeout: 10_000, interval: 50 });
  sockets = await Promise.all([connect(one, 'alice'), connect(two, 'alice'), connect(two, 'bob')]);
  seq = (await one.rest('POST', '/api/v1/topics/orders.7/messages', { data: 'packed' })).body.data['seq'];
  for (const socket of sockets) await socket.find((frame) => frame['topic'] === 'orders.7' && frame['seq'] === seq);
});

afterAll(async () => {
  await Promise.all(sockets.map((socket) => socket.close()));
  await cluster.stop();
});

async function connect(node: TestGateway, user: string): Promise<TestSocket> {
  const socket = await TestSocket.connect(node.port, await node.token(user));
  await socket.request('topic.subscribe', { topics: [{ topic: 'orders.7' }] });
  return socket;
}

async function get<Answer>(node: TestGateway, path: string): Promise<Answer> {
  const { status, body } = await node.rest('GET', `/api/v1/ops/${path}`);
  expect({ status, message: body.message }).toEqual({ status: 200, message: 'OK' });
  return body.data;
}

const summary = (
  node: TestGateway,
): Promise<Missing & { readonly ok: boolean; readonly problems: readonly string[]; readonly nodes: readonly unknown[] }> =>
  get(node, 'summary');

/** Numbers that pass with the time of asking. */
const PASSING = new Set([
  'as_of',
  'age_ms',
  'rtt_ms',
  'uptime_s',
  'last_at',
  'ended_at',
  'steps',
  'window_s',
  'frames_in',
  'frames_out',
  'bytes_in',
  'bytes_out',
]);

function lasting(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => (PASSING.has(key) || key.endsWith('_per_s') ? undefined : inner)));
}

describe('operators of two nodes', () => {
  it.each([
    ['connections?sort=id', 3],
    ['connections?sort=id&user=alice', 2],
    ['connections?sort=id&node=node-2', 2],
    ['connections?state=all&sort=opened_at', 3],
    ['recipients?topic=orders.7', 3],
    ['topics?sort=topic&prefix=orders', 1],
    ['topics/orders.7', 3],
    ['slow', 0],
  ])('are told the same by either: %s', async (path, count) => {
    const [first, second] = [await get<Page>(one, path), await get<Page>(two, path)];
    expect(first.items).toHaveLength(count);
    expect(first.missing).toEqual([]);
    expect(lasting(second)).toEqual(lasting(first));
  });

  it('turn pages at whichever node, and see each connection once', async () => {
    const whole = (await get<Page>(one, 'connections?sort=opened_at')).items.map(({ id }) => id);
    const seen: unknown[] = [];
    let cursor = '';
    for (const node of [one, two, one]) {
      const page = await get<Page>(node, `connections?sort=opened_at&limit=1${cursor}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = `&cursor=${page.next ?? ''}`;
    }
    expect(seen).toEqual(whole);
    expect(cursor).toBe('&cursor=');
  });

  it('see sums over both, and how each stands', async () => {
    const topic = await get<
      Page & { readonly subscribers: number; readonly nodes: readonly { readonly node: string; readonly subscribers: number }[] }
    >(one, 'topics/orders.7');
    expect(topic.subscribers).toBe(3);
    expect(topic.nodes.map(({ node, subscribers }) => [node, subscribers])).toEqual([
      ['node-1', 1],
      ['node-2', 2],
    ]);
    expect(await get(two, 'recipients?topic=orders.7')).toMatchObject({ total: 3, users: 2 });
    expect(await get(two, 'summary')).toMatchObject({ connections: { open: 3 }, subscriptions: 9, missing: [] });
    expect(await get(two, 'summary?node=node-1')).toMatchObject({ node: 'node-1', connections: { open: 1 } });
    const account = await get<{
      readonly nodes: unknown;
      readonly items: readonly { readonly deliveries: { readonly written: number } }[];
    }>(one, 'accounting');
    expect(account).toMatchObject({ balanced: true, nodes: [{ node: 'node-1' }, { node: 'node-2' }] });
    expect(account.items.reduce((sum, { deliveries }) => sum + deliveries.written, 0)).toBe(3);
    const canary = await get<Page>(two, 'canary');
    expect(canary.items.map(({ node }) => node)).toEqual(['node-2', 'node-2', 'node-1', 'node-1']);
    const { status } = await one.rest('GET', '/api/v1/ops/summary?node=node-9');
    expect(status).toBe(404);
  });

  it('find a connection wherever it is, with its subscriptions and events', async () => {
    const { items } = await get<Page>(one, 'connections?user=bob');
    const [id, ref] = [String(items[0]?.['id']), String(items[0]?.['ref'])];
    for (const name of [id, ref.toLowerCase()])
      expect(await get(one, `connections/${name}`)).toMatchObject({
        id,
        node: 'node-2',
        user: 'bob',
        subscriptions: expect.arrayContaining([expect.objectContaining({ topic: 'orders.7', written: seq })]),
      });
  });

  it('are told of refusals at both nodes, by pages that repeat nothing', async () => {
    for (const [node, user] of [
      [one, 'mallory'],
      [two, 'trent'],
      [one, 'oscar'],
    ] as const) {
      const socket = await TestSocket.connect(node.port, await node.token(user));
      await socket.request('topic.subscribe', { topics: [{ topic: '$user.somebody' }] });
      await socket.close();
    }
    const seen: string[] = [];
    let cursor = '';
    for (const node of [two, one, two]) {
      const page = await get<Page>(node, `refusals?kind=subscribe&limit=1${cursor}`);
      seen.push(...page.items.map((item) => `${String(item['user'])} at ${String(item['node'])}`));
      cursor = `&cursor=${page.next ?? ''}`;
    }
    expect(seen).toEqual(['oscar at node-1', 'trent at node-2', 'mallory at node-1']);
    expect(cursor).toBe('&cursor=');
    const { sums } = await get<{ readonly sums: readonly { readonly total: number }[] }>(two, 'refusals?kind=subscribe');
    expect(sums).toMatchObject([{ total: 3 }]);
  });

  it('read on either what became of a message a moment ago, before anybody recorded it', async () => {
    for (const node of cluster.nodes) {
      const bill = await get<{ readonly recipients: readonly Readonly<Record<string, unknown>>[] }>(
        node,
        `topics/orders.7/messages/${seq}/waybill`,
      );
      expect(bill).toMatchObject({ missing: [], totals: { written: 3 } });
      expect(
        bill.recipients.map(({ user, node: where, outcome }) => `${String(user)} ${String(where)} ${String(outcome)}`).toSorted(),
      ).toEqual(['alice node-1 written', 'alice node-2 written', 'bob node-2 written']);
      expect(bill.recipients.every(({ ref, address }) => typeof ref === 'string' && typeof address === 'string')).toBe(true);
      expect(await get(node, `explain?user=bob&topic=orders.7&seq=${seq}`)).toMatchObject({ outcome: 'written', missing: [] });
      expect(await get(node, 'explain?user=bob&topic=orders.7')).toMatchObject({ outcome: 'receives' });
      // Both nodes say that they gave carol nothing, and nobody has to wait for their next record to know it.
      expect(await get(node, `explain?user=carol&topic=orders.7&seq=${seq}`)).toMatchObject({ outcome: 'not_subscribed' });
    }
  });

  it('hear of both nodes once a second, in one message for all consoles', async () => {
    const consoles = await Promise.all(cluster.nodes.map(openConsole));
    const samples = await Promise.all(
      consoles.map(async (socket) => {
        const frame = await socket.find(({ topic, data }) => topic === '$ops.overview' && (data as SystemSample).connections === 5, 20_000);
        return frame['data'] as SystemSample;
      }),
    );
    for (const sample of samples)
      expect(sample).toMatchObject({ connections: 5, missing: [], nodes: [{ node: 'node-1' }, { node: 'node-2' }] });
    await Promise.all(consoles.map((socket) => socket.close()));
  });

  it.each([
    ['connections of a user', ['connections', '--user', 'alice', '--sort', 'id'], 'connections?state=open&sort=id&limit=50&user=alice'],
    ['recipients of a message', ['message', '--topic', 'orders.7', '--seq', '1'], 'topics/orders.7/messages/1/waybill?limit=50'],
    [
      'why a user on the other node',
      ['why', '--user', 'bob', '--topic', 'orders.7', '--seq', '1'],
      'explain?user=bob&topic=orders.7&seq=1',
    ],
  ])('are told the same by command, REST and console: %s', async (_what, argv, path) => {
    const admin = await OperatorSession.of(two.port, 'admin', ADMIN_PASSWORD);
    const answers = [
      await cli(one, ...argv, '--json').json(),
      await get(one, path),
      // As the page asks, with its cookie.
      (await admin.call('GET', `/api/v1/ops/${path}`)).body.data,
    ].map(lasting);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });
});

async function openConsole(node: TestGateway): Promise<TestSocket> {
  const admin = await OperatorSession.of(node.port, 'admin', ADMIN_PASSWORD);
  const socket = await TestSocket.connect(node.port, undefined, { path: `/ws?ticket=${await admin.ticket()}` });
  await socket.find(({ action }) => action === 'welcome');
  await socket.request('topic.subscribe', { topics: [{ topic: '$ops.overview' }] });
  return socket;
}

function cli(node: TestGateway, ...argv: readonly string[]): CommandLine {
  return new CommandLine(['--url', `http://127.0.0.1:${node.port}`, '--api-key', node.apiKey, ...argv]);
}

/** It is up, and takes what others say, but nobody hears it any more. */
describe('a node that hangs', () => {
  beforeAll(() => {
    two.gateway.app.get(NodeChannel, { strict: false }).say = () => Promise.resolve();
  });

  const QUESTIONS =
    'connections slow refusals topics topics/orders.7 recipients?topic=orders.7 traces canary accounting summary history'.split(' ');

  it('is named in time, whatever is asked', async () => {
    const began = performance.now();
    const answers = await Promise.all(QUESTIONS.map((path) => get<Missing>(one, path)));
    expect(performance.now() - began).toBeLessThan(2 * CALL_TIMEOUT_MS);
    const missing = [{ node: 'node-2', reason: 'timeout', says: `did not answer within ${CALL_TIMEOUT_MS} ms` }];
    expect(answers.map((answer) => answer.missing)).toEqual(QUESTIONS.map(() => missing));
  });

  it('is a problem, and nobody takes the rest for everything', async () => {
    const [{ items }, standing, explained] = await Promise.all([
      get<Page>(two, 'connections?node=node-2&user=bob'),
      summary(one),
      get(one, 'explain?user=bob&topic=orders.7'),
    ]);
    const problem = expect.stringMatching(/^node-2 did not answer/) as string;
    expect({ ok: standing.ok, problem: standing.problems[0] }).toEqual({ ok: false, problem });
    expect(explained).toMatchObject({ outcome: 'unknown', missing: [{ node: 'node-2' }] });
    const [remains, unknown] = await Promise.all([
      get(one, `connections/${String(items[0]?.['id'])}`),
      one.rest('GET', '/api/v1/ops/connections/00000000-0000-4000-8000-000000000000'),
    ]);
    expect(remains).toMatchObject({ state: 'unrecorded', node: 'node-2', missing: [{ node: 'node-2', reason: 'timeout' }] });
    expect(unknown).toMatchObject({ status: 503, body: { message: expect.stringContaining('node-2 did not answer') as string } });
    const commands = ['connections', 'slow', 'refusals', 'topic orders.7', `message --topic orders.7 --seq ${seq}`, 'status'].map((words) =>
      cli(one, ...words.split(' ')),
    );
    for (const command of commands) {
      await command.exit;
      expect(command.err).toContain(`node-2 did not answer within ${CALL_TIMEOUT_MS} ms`);
    }
  });
});
