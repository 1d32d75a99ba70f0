import { Refusal } from '../protocol/refusal.js';
import type { Principal } from './principal.js';

/** A connection keeps its user for life: a refresh may change rights and expiry, never who it is. Throws `PERMISSION_DENIED`. */
export function requireSameUser(current: Principal, refreshed: Principal): void {
  if (current.kind === refreshed.kind && current.id === refreshed.id) return;
  throw new Refusal(
    'PERMISSION_DENIED',
    `The new token is for another user than this connection, which belongs to ${current.id}. Open a connection of its own for that user.`,
    {
      rule: 'same user',
    },
  );
}
