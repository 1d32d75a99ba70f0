import { Refusal } from '../protocol/refusal.js';
import type { GroupKind } from './place-groups.js';

/** How long somebody stays away who had one connection too many, or met a node that is full; milliseconds. */
export const PLACE_RETRY_MS = 5_000;

const OPTIONS: Readonly<Record<GroupKind, string>> = {
  user: 'gateway.connectionsPerUser',
  address: 'gateway.connectionsPerAddress',
};

/** The refusal of one connection more than a user, or an address, may have. */
export function tooMany(kind: GroupKind, most: number): Refusal {
  const rule = OPTIONS[kind];
  return new Refusal('LIMIT_EXCEEDED', `one ${kind} may have ${most} connections here (option ${rule})`, {
    retryAfterMs: PLACE_RETRY_MS,
    rule,
  });
}
