import type { ConnectionView } from '../../messaging/gateway-control.js';
import type { ConnectionRecord } from '../../messaging/ledger/connection-record.js';
import type { Connection } from './connection.js';

/** A connection as operators see it, at this moment. */
export function viewOf(connection: Connection): ConnectionView {
  const { facts, outbound, services, closing } = connection;
  const principal = connection.isAuthenticated ? connection.principal : undefined;
  return {
    id: connection.id,
    ref: facts.ref,
    user: facts.user,
    kind: principal?.kind,
    roles: principal?.roles ?? [],
    state: connection.state,
    address: facts.address,
    client: facts.client,
    node: services.node,
    protocol: 'ws',
    opened_at: connection.openedAt,
    closed_at: connection.closedAt,
    age_ms: (connection.closedAt ?? Date.now()) - connection.openedAt,
    rtt_ms: connection.rttMs,
    queued_bytes: outbound.queuedBytes,
    queued_frames: outbound.queuedFrames,
    queued_ms: Math.round(outbound.queuedMs),
    ...(outbound.stalledMs === undefined ? {} : { stalled_ms: outbound.stalledMs }),
    dropped_messages: connection.droppedMessages,
    max_queued_bytes: outbound.maxQueuedBytes,
    frames_in: connection.framesIn,
    frames_out: outbound.frames,
    bytes_in: connection.bytesIn,
    bytes_out: outbound.bytes,
    published: connection.published,
    acks: connection.acks,
    topics: connection.lastTopics ?? services.subscriptions.topicsOf(connection),
    expires_at: principal?.expiresAt,
    close: closing,
  };
}

/** A connection with what its flight recorder kept, at this moment. */
export function recordOf(connection: Connection): ConnectionRecord {
  const { flight, facts } = connection;
  return { view: viewOf(connection), events: flight.events(facts), forgotten: flight.forgotten };
}
