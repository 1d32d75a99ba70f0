import type { Principal } from './principal.js';

/**
 * Port: where unspent tickets are kept, by digest. The contract's hard sentence: of all who take a ticket, on whatever node, one gets it,
 * and nobody once its time is over.
 */
export abstract class TicketShelf {
  /** Rejects where it cannot be kept. */
  abstract put(digest: string, principal: Principal, ttlMs: number): Promise<void>;
  /** Undefined where it is unknown, was taken, or is too old. Rejects with a `Refusal` where that cannot be known now. */
  abstract take(digest: string): Promise<Principal | undefined>;
}
