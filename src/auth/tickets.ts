import { hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import type { Principal } from './principal.js';

export interface IssuedTicket {
  readonly ticket: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

interface Waiting {
  readonly principal: Principal;
  /** On the monotonic clock. */
  readonly until: number;
}

/**
 * One-time tickets for browsers that cannot send headers. A ticket is worth one upgrade within its life and is spent by the first try, good or
 * not. Held in this process, by digest; all live equally long, so the oldest is always the next to expire.
 */
@Injectable()
export class Tickets {
  private readonly waiting = new Map<string, Waiting>();
  private readonly perUser = new Map<string, number>();

  constructor(private readonly config: Config) {}

  /** Unspent tickets, those that expired unnoticed included. */
  get size(): number {
    return this.waiting.size;
  }

  /** Throws `LIMIT_EXCEEDED` where this user or this node has too many unspent ones. */
  issue(principal: Principal): IssuedTicket {
    const { ticketTtlSeconds, ticketsMax, ticketsPerUser } = this.config.auth;
    this.forgetExpired();
    // The node's own are few, and must not fail for what others hold.
    const limited = principal.kind !== 'system';
    if (limited && (this.perUser.get(principal.id) ?? 0) >= ticketsPerUser)
      throw this.full(`${ticketsPerUser} unused tickets of one user (WAYBILL_TICKETS_PER_USER)`);
    if (limited && this.waiting.size >= ticketsMax) throw this.full(`${ticketsMax} unused tickets on this node (WAYBILL_TICKETS_MAX)`);
    const ticket = randomBytes(32).toString('base64url');
    this.waiting.set(digestOf(ticket), { principal, until: performance.now() + ticketTtlSeconds * 1_000 });
    this.perUser.set(principal.id, (this.perUser.get(principal.id) ?? 0) + 1);
    return { ticket, expiresAt: Date.now() + ticketTtlSeconds * 1_000 };
  }

  /**
   * Whom the ticket stands for; from now on it is worth nothing. Undefined where it is unknown, spent or too old.
   * Synchronous on purpose: between the look and the removal nothing else can run, so of two calls one succeeds.
   */
  spend(ticket: string): Principal | undefined {
    const digest = digestOf(ticket);
    const found = this.waiting.get(digest);
    if (found === undefined) return undefined;
    this.forget(digest, found);
    return performance.now() < found.until ? found.principal : undefined;
  }

  private forgetExpired(): void {
    const now = performance.now();
    for (const [digest, ticket] of this.waiting) {
      if (now < ticket.until) return;
      this.forget(digest, ticket);
    }
  }

  private forget(digest: string, { principal }: Waiting): void {
    this.waiting.delete(digest);
    const left = (this.perUser.get(principal.id) ?? 1) - 1;
    if (left === 0) this.perUser.delete(principal.id);
    else this.perUser.set(principal.id, left);
  }

  private full(limit: string): Refusal {
    const retryAfterMs = this.config.auth.ticketTtlSeconds * 1_000;
    return new Refusal('LIMIT_EXCEEDED', `There are already ${limit}; use one, or wait until they expire.`, { retryAfterMs });
  }
}

/** Looking up a digest gives nothing away by its timing: nobody can choose how much of it is right. */
function digestOf(ticket: string): string {
  return hash('sha256', ticket, 'base64');
}
