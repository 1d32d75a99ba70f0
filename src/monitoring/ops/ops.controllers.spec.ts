import type { ModuleRef } from '@nestjs/core';
import { SpanKind } from '@opentelemetry/api';
import { beforeEach, describe, expect, it } from 'vitest';
import { connectionView, ScriptedGateway } from '../../../test/support/scripted-gateway.js';
import { Config } from '../../config/config.js';
import { GatewayControl } from '../../messaging/gateway-control.js';
import { Alarms } from '../alarms/alarms.js';
import { Findings } from '../alarms/findings.js';
import { LoopDelay } from '../nodes/loop-delay.js';
import { EveryNode } from '../nodes/every-node.js';
import { SlowSearch } from '../connections/slow-connections.js';
import { ConnectionSearch } from '../connections/connection-search.js';
import type { Canary } from '../canary/canary.js';
import { Health } from '../health/health.js';
import { Metrics } from '../metrics/metrics.js';
import { CounterHistory } from '../summary/history.js';
import { Limits } from '../summary/limits.js';
import { NodeWellbeing } from '../summary/node-wellbeing.js';
import { TracesEverywhere } from '../tracing/traces-everywhere.js';
import { Tracing } from '../tracing/tracing.js';
import { OpsConnectionsController } from './connections.controller.js';
import { OpsSlowController } from './slow.controller.js';
import { OpsSummaryController } from './summary.controller.js';
import { OpsTracesController } from './traces.controller.js';

const VIEW = connectionView({ id: 'c-1', ref: 'R1', address: '127.0.0.1', node: 'n' });

/** One connection, and a second page that is empty. */
function gatewayWithOne(): ScriptedGateway {
  const gateway = new ScriptedGateway();
  gateway.add({ view: VIEW, events: [], forgotten: 0 });
  gateway.answer = ({ cursor }) => ({ items: [VIEW], next: cursor === undefined ? 'page-2' : undefined });
  gateway.slowOnes = [
    {
      ...VIEW,
      id: 'c-9',
      queued_bytes: 700,
      queued_frames: 3,
      queued_ms: 900,
      stalled_ms: 600,
      topics: ['chat.a', 'chat.b', 'prices.a'],
      frames_out: 5,
    },
    { ...VIEW, id: 'c-8', queued_bytes: 100, queued_ms: 20 },
  ];
  gateway.numbers = { connections: 3, authenticating: 1, queuedBytes: 10, maxQueuedBytes: 7, oldestQueuedMs: 5, slow: 1, subscriptions: 9 };
  return gateway;
}

describe('ops/connections', () => {
  let gateway: ScriptedGateway;
  let controller: OpsConnectionsController;

  beforeEach(() => {
    gateway = gatewayWithOne();
    const modules = { get: (token: unknown) => (token === GatewayControl ? gateway : undefined) } as unknown as ModuleRef;
    controller = new OpsConnectionsController(new ConnectionSearch(modules, new EveryNode(modules, Config.from({}))));
  });

  it('asks for open connections, the newest first, unless told otherwise', async () => {
    const list = await controller.list({});
    expect(gateway.asked).toEqual({ state: 'open', sort: '-opened_at', limit: 100, cursor: undefined, filters: {} });
    expect(list).toEqual({ items: [VIEW], as_of: expect.any(Number) as number, complete: true, missing: [], next: 'page-2' });
  });

  it('passes sort, limit, cursor and each filter on', async () => {
    const filters = { user: 'alice', address: '127.0.0.1', topic: 'chat.a', ref: 'R1', node: 'n' };
    const asked = { sort: '-queued_bytes', limit: '7', cursor: 'page-2', ...filters, client: 'web', version: '1.2' };
    expect(await controller.list({ ...asked, code: '4408', reason: 'slow', from: '1', to: '2' })).not.toHaveProperty('next');
    expect(gateway.asked).toEqual({
      state: 'open',
      sort: '-queued_bytes',
      limit: 7,
      cursor: 'page-2',
      filters: { ...filters, client: 'web/1.2' },
      code: 4408,
      reason: 'slow',
      from: 1,
      to: 2,
    });
  });

  it.each([
    { query: { state: 'gone' }, field: 'query.state' },
    { query: { sort: 'password' }, field: 'query.sort' },
    { query: { sort: '--id' }, field: 'query.sort' },
    { query: { limit: '0' }, field: 'query.limit' },
    { query: { limit: '1001' }, field: 'query.limit' },
    { query: { limit: 'many' }, field: 'query.limit' },
    { query: { user: ['a', 'b'] }, field: 'query.user' },
    { query: { user: '' }, field: 'query.user' },
    { query: { colour: 'red' }, field: 'query.colour' },
    { query: { code: '200' }, field: 'query.code' },
    { query: { code: 'slow' }, field: 'query.code' },
    { query: { from: 'yesterday' }, field: 'query.from' },
    { query: { to: '-1' }, field: 'query.to' },
    { query: { version: '1.2' }, field: 'query.version' },
  ])('refuses $query naming $field', async ({ query, field }) => {
    await expect(controller.list(query)).rejects.toMatchObject({ code: 'BAD_REQUEST', field });
  });

  it('shows one connection with its events, or says that there is none', async () => {
    expect(await controller.one('c-1')).toEqual({ ...VIEW, events: [], events_forgotten: 0 });
    await expect(controller.one('c-2')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('shows how far each subscription is, of those that are open', async () => {
    const far = { topic: 'chat.a', since: 1, epoch: 'e', after: 0, written: 7, head: 9, missed: 0 };
    gateway.positions.set('c-1', [far]);
    expect(await controller.one('c-1')).toMatchObject({ subscriptions: [far] });
    gateway.add({ view: { ...VIEW, state: 'closed' }, events: [], forgotten: 0 });
    expect(await controller.one('c-1')).not.toHaveProperty('subscriptions');
  });
});

describe('ops/slow', () => {
  const gateway = gatewayWithOne();
  const modules = { get: () => gateway } as unknown as ModuleRef;
  const config = Config.from({ WAYBILL_QUEUE_BYTES: '5000', WAYBILL_NAMESPACES: '{"prices":{"slow":"keep_latest"}}' });
  const controller = new OpsSlowController(new SlowSearch(modules, config, new EveryNode(modules, config)), config);

  it('lists who holds up how much since when, the longest first', async () => {
    const { items, total, queued_bytes: bytes, limits } = await controller.list({ limit: '1' });
    expect({ total, bytes, limits }).toEqual({
      total: 2,
      bytes: 800,
      limits: { queue_bytes: 5_000, queue_messages: 1_024, write_stall_ms: 10_000 },
    });
    expect(items).toEqual([
      {
        id: 'c-9',
        ref: 'R1',
        user: 'alice',
        address: '127.0.0.1',
        node: 'n',
        queued_bytes: 700,
        queued_frames: 3,
        queued_ms: 900,
        stalled_ms: 600,
        dropped_messages: 0,
        age_ms: 2,
        topics: ['chat.a', 'chat.b', 'prices.a'],
        policies: ['disconnect', 'keep_latest'],
        protocol: 'ws',
        max_queued_bytes: 0,
      },
    ]);
  });

  it('refuses what it does not know', async () => {
    await expect(controller.list({ sort: 'id' })).rejects.toMatchObject({ field: 'query.sort' });
  });
});

describe('ops/traces', () => {
  const config = Config.from({ WAYBILL_TRACE_RATIO: '1' });
  let tracing: Tracing;
  let controller: OpsTracesController;

  beforeEach(() => {
    tracing = new Tracing(config);
    const modules = {} as unknown as ModuleRef;
    controller = new OpsTracesController(new TracesEverywhere(tracing, new EveryNode(modules, config)), config);
  });

  function record(name: string, connection?: string, failed = false): string {
    const root = tracing.rootWithId('connection', {
      name,
      kind: SpanKind.SERVER,
      ...(connection === undefined ? {} : { attributes: { 'waybill.connection.id': connection } }),
    });
    tracing.childOfActive(root, () => ({ name: `${name} child`, kind: SpanKind.CLIENT }))?.end();
    if (failed) root.setStatus({ code: 2 });
    root.end();
    return root.spanContext().traceId;
  }

  it('lists the newest first, by pages', async () => {
    const ids = Array.from({ length: 5 }, (_, index) => record(`trace ${index}`)).reverse();
    const first = await controller.list({ limit: '2' });
    const second = await controller.list({ limit: '2', cursor: first.next });
    const third = await controller.list({ limit: '2', cursor: second.next });
    expect([first, second, third].map(({ items }) => items.map(({ trace_id }) => trace_id))).toEqual([
      ids.slice(0, 2),
      ids.slice(2, 4),
      ids.slice(4),
    ]);
    expect(third).not.toHaveProperty('next');
    expect(first.items[0]).toMatchObject({ name: 'trace 4', kind: 'SERVER', spans: 2, failed: false });
  });

  it('filters by name, connection, failure and duration', async () => {
    const chat = record('publish chat', 'c-1');
    const news = record('publish news', 'c-2', true);
    const ids = async (query: Record<string, string>) => (await controller.list(query)).items.map(({ trace_id }) => trace_id);
    expect(await ids({ name: 'chat' })).toEqual([chat]);
    expect(await ids({ connection_id: 'c-2' })).toEqual([news]);
    expect(await ids({ failed: 'true' })).toEqual([news]);
    expect(await ids({ failed: 'false' })).toEqual([chat]);
    expect(await ids({ min_duration_ms: '60000' })).toEqual([]);
    await expect(controller.list({ colour: 'red' })).rejects.toMatchObject({ field: 'query.colour' });
  });

  it('shows the spans of one trace, each above its children', async () => {
    const detail = await controller.one(record('publish chat', 'c-1'));
    const [root, child] = detail.spans;
    expect(detail.spans).toHaveLength(2);
    expect(root).toMatchObject({ name: 'publish chat', kind: 'SERVER', attributes: { 'waybill.connection.id': 'c-1' } });
    expect(child).toMatchObject({ name: 'publish chat child', kind: 'CLIENT', parent_span_id: root?.span_id, trace_id: detail.trace_id });
    await expect(controller.one('0'.repeat(32))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('ops/summary', () => {
  it('sums up this node', async () => {
    const tracing = new Tracing(Config.from({}));
    const health = new Health(() => 'ready');
    health.watch({ name: 'database', affects: 'what needs it', check: () => ({ state: 'ok' }) });
    const config = Config.from({});
    const metrics = new Metrics(config);
    const gateway = gatewayWithOne();
    const modules = {
      get: (token: unknown) => {
        if (token === GatewayControl) return gateway;
        throw new Error('not in this program');
      },
    } as unknown as ModuleRef;
    const canary = { last: () => undefined } as unknown as Canary;
    const history = new CounterHistory(metrics);
    const findings = new Findings(modules, config, health, metrics, history, new Limits(config), new LoopDelay());
    const wellbeing = new NodeWellbeing(modules, findings, new Alarms(() => findings.now()), metrics, history, canary);
    const controller = new OpsSummaryController(config, tracing, wellbeing, new EveryNode(modules, config));
    expect(await controller.summary({})).toMatchObject({
      ok: true,
      problems: [],
      loss: { balanced: true, difference: 0 },
      canary: {},
      draining: false,
      connections: { open: 3, authenticating: 1, slow: 1 },
      subscriptions: 9,
      send_queue: { bytes: 10, max_bytes: 7, oldest_ms: 5 },
      health: { status: 'ready', state: 'ok' },
      nodes: [{ status: 'ready', ok: true, problems: 0, connections: 3, subscriptions: 9 }],
      missing: [],
    });
  });
});
