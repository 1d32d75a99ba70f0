import { hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import { MemoryTicketShelf } from './memory-ticket-shelf.js';
import type { Principal } from './principal.js';
import { TicketShelf } from './ticket-shelf.js';

export interface IssuedTicket {
  readonly ticket: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

interface Waiting {
  readonly user: string;
  /** On the monotonic clock. */
  readonly until: number;
}

/**
 * One-time tickets for browsers that cannot send headers. A ticket is worth one upgrade within its life and is spent by the first try, good or
 * not. Kept by digest; good at every node while nodes reach what they share, else at the one that issued it.
 */
@Injectable()
export class Tickets {
  /** Of the node's own canary, and those that could not be shared. */
  private readonly here = new MemoryTicketShelf();
  /** What this node issued and nobody is known to have spent, the oldest first: for the limits. */
  private readonly waiting = new Map<string, Waiting>();
  private readonly perUser = new Map<string, number>();

  constructor(
    private readonly config: Config,
    private readonly shelf: TicketShelf,
  ) {}

  /** Tickets that this node issued and nobody is known to have spent, those that expired unnoticed included. */
  get size(): number {
    return this.waiting.size;
  }

  /** Rejects with `LIMIT_EXCEEDED` where this user or this node has too many unspent ones. */
  async issue(principal: Principal): Promise<IssuedTicket> {
    const { ticketsMax, ticketsPerUser } = this.config.auth;
    this.forgetExpired();
    if ((this.perUser.get(principal.id) ?? 0) >= ticketsPerUser)
      throw this.full(`${ticketsPerUser} unused tickets of one user (WAYBILL_TICKETS_PER_USER)`);
    if (this.waiting.size >= ticketsMax) throw this.full(`${ticketsMax} unused tickets on this node (WAYBILL_TICKETS_MAX)`);
    const { ticket, digest } = make();
    this.waiting.set(digest, { user: principal.id, until: performance.now() + this.ttlMs });
    this.perUser.set(principal.id, (this.perUser.get(principal.id) ?? 0) + 1);
    const expiresAt = Date.now() + this.ttlMs;
    try {
      await this.shelf.put(digest, principal, this.ttlMs);
    } catch {
      this.here.putNow(digest, principal, this.ttlMs);
    }
    return { ticket, expiresAt };
  }

  /** For the node's own socket: never leaves this process, and no limit of others holds it up. */
  issueHere(principal: Principal): string {
    const { ticket, digest } = make();
    this.here.putNow(digest, principal, this.ttlMs);
    return ticket;
  }

  /** Whom the ticket stands for; from now on it is worth nothing. Undefined where it is unknown, spent or too old. */
  async spend(ticket: string): Promise<Principal | undefined> {
    const digest = digestOf(ticket);
    this.forget(digest);
    return this.here.takeNow(digest) ?? (await this.shelf.take(digest));
  }

  private get ttlMs(): number {
    return this.config.auth.ticketTtlSeconds * 1_000;
  }

  private forgetExpired(): void {
    const now = performance.now();
    for (const [digest, { until }] of this.waiting) {
      if (now < until) return;
      this.forget(digest);
    }
  }

  private forget(digest: string): void {
    const found = this.waiting.get(digest);
    if (found === undefined) return;
    this.waiting.delete(digest);
    const left = (this.perUser.get(found.user) ?? 1) - 1;
    if (left === 0) this.perUser.delete(found.user);
    else this.perUser.set(found.user, left);
  }

  private full(limit: string): Refusal {
    return new Refusal('LIMIT_EXCEEDED', `There are already ${limit}; use one, or wait until they expire.`, { retryAfterMs: this.ttlMs });
  }
}

function make(): { readonly ticket: string; readonly digest: string } {
  const ticket = randomBytes(32).toString('base64url');
  return { ticket, digest: digestOf(ticket) };
}

/** Looking up a digest gives nothing away by its timing: nobody can choose how much of it is right. */
function digestOf(ticket: string): string {
  return hash('sha256', ticket, 'base64url');
}
