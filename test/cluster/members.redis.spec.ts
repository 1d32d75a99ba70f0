import { Registry } from '../../src/cluster/registry.js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { startGateway, TEST_API_KEY, TEST_JWT_SECRET, type TestGateway } from '../support/gateway.js';
import { migratedDatabase } from '../support/migrated-database.js';
import { Program } from '../support/program.js';

interface NodeList {
  readonly nodes: readonly { readonly node: string }[];
  readonly missing: readonly { readonly node: string; readonly reason: string }[];
}

const TIMES = { WAYBILL_NODE_HEARTBEAT_MS: '500', WAYBILL_NODE_LOST_MS: '3000', WAYBILL_LEDGER_CHECKPOINT_MS: '500' };
/** Whole processes start, beside others on a busy machine. */
const PATIENCE = { timeout: 180_000 };
const SOON = { timeout: 60_000, interval: 100 };

const list = async (node: TestGateway): Promise<NodeList> => (await node.rest('GET', '/api/v1/ops/nodes')).body.data;
const there = async (node: TestGateway): Promise<readonly string[]> => (await list(node)).nodes.map((each) => each.node);

/** A node as a process of its own. */
async function programOf(node: string, env: Readonly<Record<string, string>>): Promise<Program> {
  const secrets = { WAYBILL_API_KEY: TEST_API_KEY, WAYBILL_JWT_SECRET: TEST_JWT_SECRET };
  const program = await Program.start({ env: { WAYBILL_NODE_ID: node, WAYBILL_DRAIN_TIMEOUT_MS: '500', ...secrets, ...TIMES, ...env } });
  onTestFinished(() => program.dispose());
  return program;
}

describe('a cluster', () => {
  let cluster: TestCluster;
  let one: TestGateway;
  let two: TestGateway;

  beforeAll(async () => {
    cluster = await startCluster(2, { env: TIMES });
    [one, two] = cluster.nodes as [TestGateway, TestGateway];
  });

  afterAll(() => cluster.stop());

  it('finds out that a node was killed, raises an alarm, and has it back at once in its own name', PATIENCE, async () => {
    const three = await programOf('node-3', { DATABASE_URL: cluster.database.url, REDIS_URL: cluster.redis.url });
    for (const node of [one, two]) await vi.waitFor(async () => expect(await there(node)).toEqual(['node-1', 'node-2', 'node-3']), SOON);
    await three.kill9();
    for (const node of [one, two]) {
      await vi.waitFor(async () => expect((await list(node)).missing).toMatchObject([{ node: 'node-3', reason: 'lost' }]), SOON);
      expect(await there(node)).toEqual(['node-1', 'node-2']);
      const { problems } = (await node.rest('GET', '/api/v1/ops/summary')).body.data as { problems: readonly string[] };
      expect(problems).toContainEqual(expect.stringContaining('node-3 is lost: gone without a word'));
      await vi.waitFor(
        async () =>
          expect((await node.rest('GET', '/api/v1/ops/alarms')).body.data).toMatchObject({
            items: [{ name: 'WaybillNodeLost', runbook: 'waybill-node-lost' }],
          }),
        SOON,
      );
    }
    expect((await one.rest('GET', '/api/v1/ops/nodes/node-3')).body).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('is lost'),
    });
    const metrics = await (await fetch(`http://127.0.0.1:${one.opsPort}/metrics`)).text();
    expect(metrics).toMatch(/^waybill_members\{state="there"\} 2$[^]*^waybill_members\{state="lost"\} 1$/m);

    await three.launch();
    for (const node of [one, two]) await vi.waitFor(async () => expect(await there(node)).toEqual(['node-1', 'node-2', 'node-3']), SOON);
    // Killed and started before anybody could find it lost: its lease, its name and its row in the database still stand.
    await three.kill9();
    await three.launch();
    await vi.waitFor(async () => expect(await list(one)).toMatchObject({ nodes: [{}, {}, { node: 'node-3' }], missing: [] }), SOON);
    // One that ends in order is not lost.
    expect(await three.terminate()).toBe(0);
    expect(await list(one)).toMatchObject({ nodes: [{ node: 'node-1' }, { node: 'node-2' }], missing: [] });
  });

  it('takes no node that does not fit, and tells it what to do', PATIENCE, async () => {
    const elsewhere = await migratedDatabase();
    onTestFinished(() => elsewhere.drop());
    const cases: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
      [{ WAYBILL_NODE_ID: 'node-1' }, /WAYBILL_NODE_ID: a node named node-1 is running/],
      [
        { WAYBILL_JWT_SECRET: 'another-jwt-secret-0123456789-0123456789' },
        /WAYBILL_JWT_SECRET: is not that of node-1, node-2: .*Give all nodes/,
      ],
      [{ WAYBILL_API_KEY: 'another-api-key-0123456789' }, /WAYBILL_API_KEY: is not that of node-1, node-2:/],
      [{ DATABASE_URL: elsewhere.url }, /DATABASE_URL: leads to another database than that of node-1, node-2,/],
      [{ REDIS_URL: '', WAYBILL_START_CHECKS: 'true' }, /REDIS_URL: node-[12] runs on the same database, and this one has no Redis/],
    ];
    for (const [env, sentence] of cases) {
      const settings = { ...TIMES, REDIS_URL: cluster.redis.url, WAYBILL_NODE_ID: 'node-9', ...env };
      const problem = await startGateway({ database: cluster.database, env: settings }).then(
        async (gateway) => {
          await gateway.stop();
          return 'it started';
        },
        (error: Error) => error.message,
      );
      expect(problem).toMatch(sentence);
      for (const secret of [TEST_JWT_SECRET, TEST_API_KEY, cluster.redis.url]) expect(problem).not.toContain(secret);
    }
    expect(await list(one)).toMatchObject({ nodes: [{ node: 'node-1' }, { node: 'node-2' }], missing: [] });
  });

  it('has a node that started without its Redis send its clients away when it turns out not to fit', PATIENCE, async () => {
    await cluster.redis.stop();
    const odd = await cluster.add({ env: { WAYBILL_NODE_ID: 'odd', WAYBILL_API_KEY: 'another-api-key-0123456789' } });
    const ready = async () => (await fetch(`http://127.0.0.1:${odd.opsPort}/readyz`)).status;
    expect(await ready()).toBe(200);
    await cluster.redis.start();
    await vi.waitFor(async () => expect(await ready()).toBe(503), SOON);
    expect(odd.gateway.app.get(Registry, { strict: false }).misfit).toContain('WAYBILL_API_KEY: is not that of node-1');
    // The key that the others go by is still theirs.
    await vi.waitFor(async () => expect(await there(one)).toEqual(['node-1', 'node-2']), SOON);
  });
});

describe('nodes without a Redis', () => {
  it('keep a database to themselves, and one that was killed starts again at once', PATIENCE, async () => {
    const database = await migratedDatabase();
    onTestFinished(() => database.drop());
    const alone = await programOf('alone', { DATABASE_URL: database.url });
    const start = () => startGateway({ database, env: { ...TIMES, WAYBILL_NODE_ID: 'beside', WAYBILL_START_CHECKS: 'true' } });
    await expect(start()).rejects.toThrow('REDIS_URL: alone runs on the same database, and neither has a Redis');
    await alone.kill9();
    await alone.launch();
    expect(alone.output).not.toContain('cannot start');
    await alone.kill9();
    // On another machine and under another name, nothing tells the row of a dead one from a neighbour's but that it does not move.
    const moved = await start();
    await moved.stop();
  });
});
