import type { ConnectionView } from '../../messaging/gateway-control.js';
import type { Connection } from './connection.js';

/** A connection as operators see it, at this moment. */
export function viewOf(connection: Connection): ConnectionView {
  const { facts, outbound, services, closing } = connection;
  const principal = connection.isAuthenticated ? connection.principal : undefined;
  return {
    id: connection.id,
    ref: facts.ref,
    user: facts.user,
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
    dropped_messages: connection.droppedMessages,
    max_queued_bytes: outbound.maxQueuedBytes,
    frames_in: connection.framesIn,
    frames_out: outbound.frames,
    bytes_in: connection.bytesIn,
    bytes_out: outbound.bytes,
    topics: connection.lastTopics ?? services.subscriptions.topicsOf(connection),
    expires_at: principal?.expiresAt,
    close: closing,
  };
}
