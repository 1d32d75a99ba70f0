import { LIMITS, PROTOCOL_VERSION } from '../../protocol/limits.js';
import type { Connection } from './connection.js';

/** Data of the `welcome` frame: what a client needs to know of this connection and of what it may do on it. */
export function welcome(connection: Connection): Readonly<Record<string, unknown>> {
  const { config, live, node } = connection.services;
  const { gateway, limits } = live.current;
  const { kind, id: user, roles, expiresAt } = connection.principal;
  return {
    connection_id: connection.id,
    ref: connection.facts.ref,
    user,
    roles,
    expires_at: expiresAt,
    node,
    session: connection.session,
    protocol: PROTOCOL_VERSION,
    server_time: Date.now(),
    server_topics: kind === 'operator' ? [] : undefined,
    ping_interval_ms: config.pingIntervalMs,
    limits: {
      frame_bytes: config.frameBytes,
      json_depth: config.jsonDepth,
      topics: gateway.topicsPerConnection,
      in_flight: config.inFlightCommands,
      commands_per_second: limits.commandsPerSecond === 0 ? undefined : limits.commandsPerSecond,
      history_page: LIMITS.historyPage,
    },
  };
}
