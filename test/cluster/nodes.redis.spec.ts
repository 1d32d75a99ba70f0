import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

interface NodeList {
  readonly nodes: readonly {
    readonly node: string;
    readonly this: boolean;
    readonly region: string | null;
    readonly connections: number;
  }[];
  readonly missing: readonly { readonly node: string; readonly reason: string; readonly says: string }[];
}

describe('the nodes of a cluster, from any of them', () => {
  let cluster: TestCluster;
  let one: TestGateway;
  let two: TestGateway;

  beforeAll(async () => {
    cluster = await startCluster(2, { env: { WAYBILL_REGION: 'eu-central', WAYBILL_DRAIN_TIMEOUT_MS: '1000' } });
    [one, two] = cluster.nodes as [TestGateway, TestGateway];
    for (const node of cluster.nodes) await vi.waitFor(async () => expect((await list(node)).nodes).toHaveLength(2), { timeout: 15_000 });
  });

  afterAll(() => cluster.stop());

  const list = async (node: TestGateway): Promise<NodeList> => (await node.rest('GET', '/api/v1/ops/nodes')).body.data;
  const drain = (node: string) => `/api/v1/ops/nodes/${node}/drain`;
  const waybill = async (node: TestGateway, ...argv: readonly string[]) => {
    const command = new CommandLine(['--url', `http://127.0.0.1:${node.port}`, '--api-key', TEST_API_KEY, ...argv]);
    return { code: await command.exit, output: command.out };
  };

  it('are the same by REST and command line, each with what it says of itself', async () => {
    const sockets = await Promise.all([1, 2, 3].map(async (n) => TestSocket.connect(two.port, await two.token(`user-${n}`))));
    const common = { region: 'eu-central', version: expect.any(String) as string };
    expect(await list(one)).toMatchObject({
      nodes: [
        { ...common, node: 'node-1', this: true, connections: 0 },
        { ...common, node: 'node-2', this: false, connections: 3 },
      ],
      missing: [],
    });
    expect((await list(two)).nodes.map(({ node, this: itself }) => [node, itself])).toEqual([
      ['node-1', false],
      ['node-2', true],
    ]);
    expect((await one.rest('GET', '/api/v1/ops/nodes/node-2')).body.data).toMatchObject({ node: 'node-2', connections: 3 });
    const { output } = await waybill(one, 'nodes');
    expect(output).toMatch(/^node-1 +\w+ +0 .* eu-central /m);
    expect(output).toMatch(/^node-2 +\w+ +3 .* eu-central /m);
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  it('are drained and taken back from any node, with one record in the trail', async () => {
    const sockets = await Promise.all([1, 2].map(async (n) => TestSocket.connect(two.port, await two.token(`user-${n}`))));
    expect((await one.rest('GET', drain('node-2'))).body.data).toMatchObject({
      node: 'node-2',
      drain: null,
      forecast: { connections: 2 },
      elsewhere: { known: true, nodes: [{ node: 'node-1', region: 'eu-central' }] },
    });
    expect((await one.rest('POST', drain('node-2'), { over_s: 10, deadline_s: 5 })).body).toMatchObject({
      code: 'BAD_REQUEST',
      field: 'deadline_s',
    });
    const begun = await one.rest('POST', drain('node-2'), { over_s: 0.1, deadline_s: 5 });
    expect(begun).toMatchObject({ status: 202, body: { data: { state: 'running', connections: 2, by: 'key:bootstrap' } } });
    expect(await one.rest('POST', drain('node-2'), {})).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    for (const { closed } of sockets) expect((await closed).code).toBe(1012);
    expect((await waybill(one, 'drain', '--node', 'node-2', '--status')).output).toMatch(/^(?:Drained|running)/);
    expect((await fetch(`http://127.0.0.1:${two.opsPort}/readyz`)).status).toBe(503);
    expect((await waybill(one, 'drain', '--node', 'node-2', '--cancel')).output).toContain('takes connections again');
    expect((await fetch(`http://127.0.0.1:${two.opsPort}/readyz`)).status).toBe(200);
    const { items } = (await two.rest('GET', '/api/v1/ops/audit?limit=10')).body.data as {
      items: readonly { action: string; target: string; result: string }[];
    };
    expect(items.filter(({ action }) => action.startsWith('node.')).map(({ action, target, result }) => [action, target, result])).toEqual([
      ['node.take_back', 'node-2', 'OK'],
      ['node.drain', 'node-2', 'CONFLICT'],
      ['node.drain', 'node-2', 'OK'],
      ['node.drain', 'node-2', 'BAD_REQUEST'],
    ]);
  });

  it('are named where they are not known', async () => {
    expect((await one.rest('GET', '/api/v1/ops/nodes/node-9')).body).toMatchObject({
      code: 'NOT_FOUND',
      message: 'no node is named node-9; known are node-1, node-2',
    });
  });

  it('are named as missing while Redis is away, and back when it is', async () => {
    await cluster.redis.stop();
    await expect
      .poll(async () => (await list(one)).missing, { timeout: 15_000 })
      .toEqual([{ node: 'node-2', reason: 'unreachable', says: 'cannot be asked: this node has no Redis now' }]);
    expect((await waybill(one, 'nodes')).output).toContain('node-2 cannot be asked: this node has no Redis now.');
    expect((await list(one)).nodes.map(({ node }) => node)).toEqual(['node-1']);
    await cluster.redis.start();
    for (const node of [one, two]) await expect.poll(async () => (await list(node)).nodes.length, { timeout: 20_000 }).toBe(2);
  });

  it('are not there any more once they have ended in order', async () => {
    const three = await cluster.add();
    await expect.poll(async () => (await list(one)).nodes.length, { timeout: 15_000 }).toBe(3);
    await three.stop();
    expect(await list(one)).toMatchObject({ nodes: [{ node: 'node-1' }, { node: 'node-2' }], missing: [] });
  });
});
