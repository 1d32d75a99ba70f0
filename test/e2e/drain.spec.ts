import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { OperatorSession } from '../support/operator-session.js';
import { TestSocket } from '../support/socket.js';

const PASSWORD = 'correct-horse-battery';

describe('draining a node while it runs (Q13)', () => {
  let gateway: TestGateway;
  const drain = '/api/v1/ops/nodes/this/drain';
  const readiness = async () => {
    const answer = await fetch(`http://127.0.0.1:${gateway.opsPort}/readyz`);
    return [answer.status, ((await answer.json()) as { status: string }).status];
  };
  const report = async () =>
    (await gateway.rest('GET', drain)).body.data as {
      drain: null | { state: string; connections: number; closed: number; left: number; by: string };
      forecast: null | { connections: number };
      elsewhere: { known: boolean; nodes: readonly unknown[] };
      cancelled: unknown;
    };
  const command = (...argv: readonly string[]) =>
    new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, ...argv]);

  beforeAll(async () => {
    gateway = await startGateway({ env: { WAYBILL_NODE_ID: 'node-a', WAYBILL_DRAIN_TIMEOUT_MS: '1000' } });
  });

  afterAll(async () => {
    await gateway.stop();
  });

  afterEach(async () => {
    if ((await report()).drain !== null) await gateway.rest('DELETE', drain);
  });

  it('is foretold, followed and taken back over REST; readiness, metrics and the audit trail agree', async () => {
    const sockets = await Promise.all([1, 2, 3].map(async (n) => TestSocket.connect(gateway.port, await gateway.token(`user-${n}`))));
    expect(await report()).toMatchObject({ drain: null, forecast: { connections: 3 }, elsewhere: { known: true, nodes: [] } });
    const begun = await gateway.rest('POST', drain, { over_s: 0.3, deadline_s: 5 });
    expect(begun).toMatchObject({ status: 202, body: { data: { state: 'running', connections: 3, over_s: 0.3, deadline_s: 5 } } });
    expect(await readiness()).toEqual([503, 'draining']);
    expect(await gateway.rest('POST', drain, {})).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    for (const { closed } of sockets) expect((await closed).code).toBe(1012);
    await expect.poll(async () => (await report()).drain?.state).toBe('drained');
    expect(await report()).toMatchObject({ forecast: null, drain: { closed: 3, left: 0, by: 'key:bootstrap' } });
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).text();
    expect(metrics).toMatch(/^waybill_drain_state\{state="drained"\} 1$/m);
    expect(metrics).toMatch(/^waybill_drain_remaining_connections 0$/m);
    expect((await gateway.rest('POST', '/api/v1/topics/room/messages', { data: 1 })).status).toBe(201);
    expect(await gateway.rest('DELETE', drain)).toMatchObject({ status: 200, body: { data: { state: 'cancelled' } } });
    expect(await readiness()).toEqual([200, 'ready']);
    await (await TestSocket.connect(gateway.port, await gateway.token('back'))).close();
    const { items } = (await gateway.rest('GET', '/api/v1/ops/audit?limit=10')).body.data as {
      items: readonly { action: string; target: string; result: string }[];
    };
    expect(items.filter(({ action }) => action.startsWith('node.')).map(({ action, target, result }) => [action, target, result])).toEqual([
      ['node.take_back', 'node-a', 'OK'],
      ['node.drain', 'node-a', 'CONFLICT'],
      ['node.drain', 'node-a', 'OK'],
    ]);
  });

  it('says what is wrong with a plan or a name', async () => {
    expect(await gateway.rest('POST', drain, { over_s: 10, deadline_s: 5 })).toMatchObject({ status: 400, body: { field: 'deadline_s' } });
    expect(await gateway.rest('POST', drain, { over: 10 })).toMatchObject({ status: 400, body: { field: 'over' } });
    expect(await gateway.rest('GET', '/api/v1/ops/nodes/node-b/drain')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await gateway.rest('DELETE', drain)).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
  });

  it('is for operators; a viewer may look', async () => {
    for (const [name, role] of [
      ['vera', 'viewer'],
      ['otto', 'operator'],
    ])
      await gateway.rest('POST', '/api/v1/ops/operators', { name, role, password: PASSWORD });
    const vera = await OperatorSession.of(gateway.port, 'vera', PASSWORD);
    expect((await vera.call('GET', drain)).status).toBe(200);
    expect((await vera.call('POST', drain, {})).status).toBe(403);
    const otto = await OperatorSession.of(gateway.port, 'otto', PASSWORD);
    expect(await otto.call('POST', drain, {})).toMatchObject({ status: 202, body: { data: { by: 'operator:otto' } } });
    expect((await otto.call('DELETE', drain)).status).toBe(200);
  });

  it('goes by the command line', async () => {
    const socket = await TestSocket.connect(gateway.port, await gateway.token('eve'));
    const status = command('drain', '--status');
    expect([await status.exit, status.out]).toEqual([0, expect.stringContaining('sends 1 connections away')]);
    const refused = new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, 'drain'], 'no\n');
    expect(await refused.exit).toBe(2);
    const run = command('drain', '--yes', '--over', '1s');
    expect(await run.exit).toBe(0);
    expect(run.out).toMatch(/^Drained: 1 of 1 have left\./);
    expect((await socket.closed).code).toBe(1012);
    const nodes = command('nodes');
    expect(await nodes.exit).toBe(1);
    expect(nodes.out).toMatch(/^node-a +drained, 0 left/m);
    const cancel = command('drain', '--cancel');
    expect([await cancel.exit, cancel.out]).toEqual([0, expect.stringContaining('takes connections again')]);
    const ready = command('nodes', '--json');
    expect(await ready.json()).toMatchObject({
      nodes: [{ node: 'node-a', this: true, state: 'ready', drain: null, connections: 0 }],
      missing: [],
    });
    expect(await ready.exit).toBe(0);
  });
});
