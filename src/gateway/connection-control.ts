import { Injectable } from '@nestjs/common';
import {
  type ConnectionPage,
  type ConnectionQuery,
  type ConnectionView,
  GatewayControl,
  type GatewayCounts,
  type LeavingConnection,
  type SubscriptionView,
  type Watchable,
} from '../messaging/gateway-control.js';
import { pageOf } from '../messaging/connection-page.js';
import type { ConnectionSpan } from '../messaging/ledger/ledger-reader.js';
import { type ErasedUsers, isErased } from '../messaging/ledger/erased-users.js';
import type { ConnectionRecord } from '../messaging/ledger/connection-record.js';
import { TopicsView } from '../messaging/topics-view.js';
import type { CloseName } from '../protocol/close-codes.js';
import { Admission } from './admission.js';
import { EventStreams } from './http/event-streams.js';
import { RecentlyClosed } from './recently-closed.js';
import { recordOf, viewOf } from './ws/connection-view.js';
import { subscriptionViews } from './ws/subscription-views.js';
import { ConnectionRegistry } from './ws/registry.js';

/** What operators see of this node's connections, sockets and event streams, and may do to them. */
@Injectable()
export class ConnectionControl extends GatewayControl {
  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly streams: EventStreams,
    private readonly admission: Admission,
    private readonly topics: TopicsView,
    private readonly closedLately: RecentlyClosed,
  ) {
    super();
  }

  override get draining(): boolean {
    return this.admission.draining;
  }

  override connections(query: ConnectionQuery & ConnectionSpan): ConnectionPage {
    const open =
      query.state === 'closed' ? [] : [...[...this.registry.all()].map((connection) => viewOf(connection)), ...this.streams.views()];
    const closed = query.state === 'open' ? [] : this.closedLately.views();
    return pageOf([...open, ...closed], query);
  }

  override slow(): readonly ConnectionView[] {
    const sockets = [...this.registry.all()].filter(({ outbound }) => outbound.isSlow).map((connection) => viewOf(connection));
    const streams = this.streams.views().filter(({ queued_bytes: bytes }) => bytes > 0);
    return [...sockets, ...streams].toSorted((a, b) => (b.queued_ms ?? 0) - (a.queued_ms ?? 0));
  }

  override connection(id: string): ConnectionView | undefined {
    return this.record(id)?.view;
  }

  override record(id: string): ConnectionRecord | undefined {
    const connection = this.registry.find(id);
    return connection === undefined ? (this.streams.record(id) ?? this.closedLately.find(id)) : recordOf(connection);
  }

  override subscriptions(id: string): readonly SubscriptionView[] | undefined {
    const connection = this.registry.find(id);
    return connection === undefined ? undefined : subscriptionViews(connection, connection.services.subscriptions);
  }

  override disconnect(id: string, close: CloseName, reason?: string): boolean {
    const connection = this.registry.find(id);
    if (connection === undefined) return this.streams.disconnect(id, close, reason);
    if (connection.closing !== undefined) return false;
    connection.close(close, reason);
    return true;
  }

  override *watchables(): IterableIterator<Watchable> {
    yield* this.registry.all();
    yield* this.streams.running();
  }

  override expel(erased: ErasedUsers): readonly LeavingConnection[] {
    const left: LeavingConnection[] = this.closedLately.began(erased).map(({ id, user }) => ({ id, user, wasOpen: false, isBusy: false }));
    for (const connection of this.registry.busyOrOpen()) {
      const { id, facts, openedAt, inbound } = connection;
      if (!isErased(erased, facts.user, openedAt)) continue;
      if (connection.state !== 'closed') this.closedLately.omit(id);
      const wasOpen = this.disconnect(id, 'DISCONNECTED');
      left.push({
        id,
        user: facts.user,
        wasOpen,
        get isBusy() {
          return inbound.dispatcher.isBusy;
        },
      });
    }
    for (const { id, facts, openedAt, isRunning } of this.streams.all()) {
      if (!isErased(erased, facts.user, openedAt)) continue;
      if (isRunning) this.closedLately.omit(id);
      left.push({ id, user: facts.user, wasOpen: this.disconnect(id, 'DISCONNECTED'), isBusy: false });
    }
    return left;
  }

  override forget(erased: ErasedUsers): void {
    this.closedLately.forget(erased);
  }

  override counts(): GatewayCounts {
    let queuedBytes = 0;
    let maxQueuedBytes = 0;
    let oldestQueuedMs = 0;
    let slow = 0;
    for (const { outbound } of this.registry.all()) {
      if (!outbound.isSlow) continue;
      slow += 1;
      queuedBytes += outbound.queuedBytes;
      maxQueuedBytes = Math.max(maxQueuedBytes, outbound.queuedBytes);
      oldestQueuedMs = Math.max(oldestQueuedMs, outbound.queuedMs);
    }
    const { size, authenticating } = this.registry;
    const connections = size + this.streams.size;
    return { connections, authenticating, queuedBytes, maxQueuedBytes, oldestQueuedMs, slow, subscriptions: this.topics.subscriptions() };
  }
}
