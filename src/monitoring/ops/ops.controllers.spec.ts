import { SpanKind } from '@opentelemetry/api';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditedRequest } from '../../audit/audit-note.js';
import { Config } from '../../config/config.js';
import {
  type ConnectionPage,
  type ConnectionQuery,
  type ConnectionView,
  GatewayControl,
  type GatewayCounts,
} from '../../messaging/gateway-control.js';
import type { CloseName } from '../../protocol/close-codes.js';
import { Refusal } from '../../protocol/refusal.js';
import { Health } from '../health/health.js';
import { Tracing } from '../tracing/tracing.js';
import { OpsConnectionsController } from './connections.controller.js';
import { OpsSlowController } from './slow.controller.js';
import { OpsSummaryController } from './summary.controller.js';
import { OpsTracesController } from './traces.controller.js';

const VIEW: ConnectionView = {
  id: 'c-1',
  ref: 'R1',
  user: 'alice',
  roles: [],
  state: 'open',
  address: '127.0.0.1',
  node: 'n',
  protocol: 'ws',
  opened_at: 1,
  age_ms: 2,
  queued_bytes: 0,
  queued_frames: 0,
  queued_ms: 0,
  dropped_messages: 0,
  max_queued_bytes: 0,
  frames_in: 0,
  frames_out: 0,
  bytes_in: 0,
  bytes_out: 0,
  topics: [],
};

/** One connection; remembers what was asked of it. */
class OneConnection extends GatewayControl {
  override readonly draining = false;
  asked: ConnectionQuery | undefined;
  disconnected: (readonly [string, CloseName])[] = [];

  override connections(query: ConnectionQuery): ConnectionPage {
    this.asked = query;
    return { items: [VIEW], next: query.cursor === undefined ? 'page-2' : undefined };
  }
  override connection(id: string): ConnectionView | undefined {
    return id === VIEW.id ? VIEW : undefined;
  }
  override slow(): readonly ConnectionView[] {
    return [
      { ...VIEW, id: 'c-9', queued_bytes: 700, queued_frames: 3, queued_ms: 900, frames_out: 5 },
      { ...VIEW, id: 'c-8', queued_bytes: 100, queued_ms: 20 },
    ];
  }
  override disconnect(id: string, close: CloseName): boolean {
    this.disconnected.push([id, close]);
    return id === VIEW.id;
  }
  override counts(): GatewayCounts {
    return { connections: 3, authenticating: 1, queuedBytes: 10, maxQueuedBytes: 7, oldestQueuedMs: 5, slow: 1, subscriptions: 9 };
  }
}

function refusalOf(call: () => unknown): Refusal {
  try {
    call();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('ops/connections', () => {
  let gateway: OneConnection;
  let controller: OpsConnectionsController;

  beforeEach(() => {
    gateway = new OneConnection();
    controller = new OpsConnectionsController(gateway);
  });

  it('asks for open connections, the newest first, unless told otherwise', () => {
    const list = controller.list({});
    expect(gateway.asked).toEqual({ state: 'open', sort: '-opened_at', limit: 100, cursor: undefined, filters: {} });
    expect(list).toEqual({ items: [VIEW], as_of: expect.any(Number) as number, next: 'page-2' });
  });

  it('passes state, sort, limit, cursor and each filter on', () => {
    const filters = { user: 'alice', address: '127.0.0.1', client: 'web', topic: 'chat.a', ref: 'R1', node: 'n' };
    expect(controller.list({ state: 'all', sort: '-queued_bytes', limit: '7', cursor: 'page-2', ...filters })).not.toHaveProperty('next');
    expect(gateway.asked).toEqual({ state: 'all', sort: '-queued_bytes', limit: 7, cursor: 'page-2', filters });
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
  ])('refuses $query naming $field', ({ query, field }) => {
    expect(refusalOf(() => controller.list(query))).toMatchObject({ code: 'BAD_REQUEST', field });
  });

  it('shows one connection, or says that there is none', () => {
    expect(controller.one('c-1')).toEqual(VIEW);
    expect(refusalOf(() => controller.one('c-2')).code).toBe('NOT_FOUND');
  });

  it('disconnects with 4400, and notes whom for the audit trail', () => {
    const request: AuditedRequest = {};
    expect(controller.disconnect('c-1', request)).toEqual({ id: 'c-1', code: 4400 });
    expect(gateway.disconnected).toEqual([['c-1', 'DISCONNECTED']]);
    expect(request.auditNote).toEqual({
      before: { user: 'alice', ref: 'R1', state: 'open', address: '127.0.0.1', client: undefined },
      after: { state: 'closed', code: 4400 },
    });
  });

  it('notes nothing of a disconnect of nobody', () => {
    const request: AuditedRequest = {};
    expect(refusalOf(() => controller.disconnect('c-2', request)).code).toBe('NOT_FOUND');
    expect(request.auditNote).toBeUndefined();
  });
});

describe('ops/slow', () => {
  const controller = new OpsSlowController(new OneConnection());

  it('lists who holds up how much since when, the longest first', () => {
    const { items, total, queued_bytes: bytes } = controller.list({ limit: '1' });
    expect({ total, bytes }).toEqual({ total: 2, bytes: 800 });
    expect(items).toEqual([
      {
        id: 'c-9',
        ref: 'R1',
        user: 'alice',
        address: '127.0.0.1',
        queued_bytes: 700,
        queued_frames: 3,
        queued_ms: 900,
        age_ms: 2,
        topics: [],
        protocol: 'ws',
        max_queued_bytes: 0,
      },
    ]);
  });

  it('refuses what it does not know', () => {
    expect(refusalOf(() => controller.list({ sort: 'id' })).field).toBe('query.sort');
  });
});

describe('ops/traces', () => {
  const config = Config.from({ WAYBILL_TRACE_RATIO: '1' });
  let tracing: Tracing;
  let controller: OpsTracesController;

  beforeEach(() => {
    tracing = new Tracing(config);
    controller = new OpsTracesController(tracing, config);
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

  it('lists the newest first, by pages', () => {
    const ids = Array.from({ length: 5 }, (_, index) => record(`trace ${index}`)).reverse();
    const first = controller.list({ limit: '2' });
    const second = controller.list({ limit: '2', cursor: first.next });
    const third = controller.list({ limit: '2', cursor: second.next });
    expect([first, second, third].map(({ items }) => items.map(({ trace_id }) => trace_id))).toEqual([
      ids.slice(0, 2),
      ids.slice(2, 4),
      ids.slice(4),
    ]);
    expect(third).not.toHaveProperty('next');
    expect(first.items[0]).toMatchObject({ name: 'trace 4', kind: 'SERVER', spans: 2, failed: false });
  });

  it('filters by name, connection, failure and duration', () => {
    const chat = record('publish chat', 'c-1');
    const news = record('publish news', 'c-2', true);
    const ids = (query: Record<string, string>) => controller.list(query).items.map(({ trace_id }) => trace_id);
    expect(ids({ name: 'chat' })).toEqual([chat]);
    expect(ids({ connection_id: 'c-2' })).toEqual([news]);
    expect(ids({ failed: 'true' })).toEqual([news]);
    expect(ids({ failed: 'false' })).toEqual([chat]);
    expect(ids({ min_duration_ms: '60000' })).toEqual([]);
    expect(refusalOf(() => controller.list({ colour: 'red' })).field).toBe('query.colour');
  });

  it('shows the spans of one trace, each above its children', () => {
    const detail = controller.one(record('publish chat', 'c-1'));
    const [root, child] = detail.spans;
    expect(detail.spans).toHaveLength(2);
    expect(root).toMatchObject({ name: 'publish chat', kind: 'SERVER', attributes: { 'waybill.connection.id': 'c-1' } });
    expect(child).toMatchObject({ name: 'publish chat child', kind: 'CLIENT', parent_span_id: root?.span_id, trace_id: detail.trace_id });
    expect(refusalOf(() => controller.one('0'.repeat(32))).code).toBe('NOT_FOUND');
  });
});

describe('ops/summary', () => {
  it('sums up this node', () => {
    const tracing = new Tracing(Config.from({}));
    const health = new Health(() => 'ready');
    health.watch({ name: 'database', check: () => ({ state: 'ok' }) });
    expect(new OpsSummaryController(new OneConnection(), health, tracing).summary()).toMatchObject({
      draining: false,
      connections: { open: 3, authenticating: 1, slow: 1 },
      subscriptions: 9,
      send_queue: { bytes: 10, max_bytes: 7, oldest_ms: 5 },
      health: { status: 'ready', state: 'ok' },
    });
  });
});
