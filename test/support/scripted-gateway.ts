import { pageOf } from '../../src/messaging/connection-page.js';
import {
  type ConnectionPage,
  type ConnectionQuery,
  type ConnectionView,
  GatewayControl,
  type GatewayCounts,
  type SubscriptionView,
} from '../../src/messaging/gateway-control.js';
import type { ConnectionRecord } from '../../src/messaging/ledger/connection-record.js';
import type { ConnectionSpan } from '../../src/messaging/ledger/ledger-reader.js';
import type { CloseName } from '../../src/protocol/close-codes.js';

type Query = ConnectionQuery & ConnectionSpan;

/** An open connection that has done nothing yet. */
export function connectionView(changes: Partial<ConnectionView> & Pick<ConnectionView, 'id'>): ConnectionView {
  return {
    ref: 'REF0-0001',
    user: 'alice',
    roles: [],
    state: 'open',
    address: '192.0.2.1',
    node: 'node-1',
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
    ...changes,
  };
}

/** The connections of a gateway that is not there; remembers what was asked of it. */
export class ScriptedGateway extends GatewayControl {
  override readonly draining = false;
  readonly records = new Map<string, ConnectionRecord>();
  readonly disconnected: (readonly [string, CloseName, reason?: string])[] = [];
  readonly positions = new Map<string, readonly SubscriptionView[]>();
  asked: Query | undefined;
  slowOnes: readonly ConnectionView[] = [];
  numbers: GatewayCounts = {
    connections: 0,
    authenticating: 0,
    queuedBytes: 0,
    maxQueuedBytes: 0,
    oldestQueuedMs: 0,
    slow: 0,
    subscriptions: 0,
  };
  /** Instead of a page of the records. */
  answer: ((query: Query) => ConnectionPage) | undefined;

  add(...records: readonly ConnectionRecord[]): void {
    for (const record of records) this.records.set(record.view.id, record);
  }

  override connections(query: Query): ConnectionPage {
    this.asked = query;
    if (this.answer !== undefined) return this.answer(query);
    const views = [...this.records.values()].map(({ view }) => view);
    return pageOf(
      views.filter(({ state }) => query.state === 'all' || (state === 'closed') === (query.state === 'closed')),
      query,
    );
  }

  override connection(id: string): ConnectionView | undefined {
    return this.records.get(id)?.view;
  }

  override record(id: string): ConnectionRecord | undefined {
    return this.records.get(id);
  }

  override slow(): readonly ConnectionView[] {
    return this.slowOnes;
  }

  override subscriptions(id: string): readonly SubscriptionView[] | undefined {
    return this.positions.get(id);
  }

  override disconnect(id: string, close: CloseName, reason?: string): boolean {
    this.disconnected.push(reason === undefined ? [id, close] : [id, close, reason]);
    return this.records.has(id);
  }

  override counts(): GatewayCounts {
    return this.numbers;
  }
}
