import type { Principal } from '../../auth/principal.js';
import { Refusal } from '../../protocol/refusal.js';
import type { ConnectionRegistry } from './registry.js';

const RETRY_MS = 5_000;

/** Refuses with `LIMIT_EXCEEDED` where a user has as many connections on this node as one may have; 0: no limit. */
export function requireRoomForUser({ id }: Principal, registry: ConnectionRegistry, most: number): void {
  if (most === 0 || registry.countOf(id) < most) return;
  throw new Refusal('LIMIT_EXCEEDED', `one user may have ${most} connections here (option gateway.connectionsPerUser)`, {
    retryAfterMs: RETRY_MS,
  });
}
