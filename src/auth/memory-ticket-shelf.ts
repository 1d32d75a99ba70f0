import type { Principal } from './principal.js';
import { TicketShelf } from './ticket-shelf.js';

interface Kept {
  readonly principal: Principal;
  /** On the monotonic clock. */
  readonly until: number;
}

/** Tickets of this process. Whoever puts them here bounds their number. */
export class MemoryTicketShelf extends TicketShelf {
  private readonly kept = new Map<string, Kept>();

  override async put(digest: string, principal: Principal, ttlMs: number): Promise<void> {
    this.putNow(digest, principal, ttlMs);
  }

  override async take(digest: string): Promise<Principal | undefined> {
    return this.takeNow(digest);
  }

  putNow(digest: string, principal: Principal, ttlMs: number): void {
    this.forgetExpired();
    this.kept.set(digest, { principal, until: performance.now() + ttlMs });
  }

  /** Synchronous on purpose: between the look and the removal nothing else can run, so of two calls one succeeds. */
  takeNow(digest: string): Principal | undefined {
    const found = this.kept.get(digest);
    this.kept.delete(digest);
    return found !== undefined && performance.now() < found.until ? found.principal : undefined;
  }

  /** All live equally long, so the oldest is always the next to expire. */
  private forgetExpired(): void {
    const now = performance.now();
    for (const [digest, { until }] of this.kept) {
      if (now < until) return;
      this.kept.delete(digest);
    }
  }
}
