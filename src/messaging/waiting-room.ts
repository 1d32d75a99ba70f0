import type { Refusal } from '../protocol/refusal.js';
import type { PendingAppend } from './batch-commit.js';
import type { PublishSource } from './publish-source.js';

interface Waiter {
  readonly pending: PendingAppend;
  readonly source: PublishSource;
  /** On the clock of `performance.now()`. */
  readonly until: number;
}

/**
 * Publishes for which the commit queue has no room, first come, first served; their sources are not read meanwhile. All wait equally
 * long at most, so the oldest is the next to give up and one timer is enough.
 */
export class WaitingRoom {
  private readonly waiters = new Set<Waiter>();
  private readonly bySource = new Map<PublishSource, number>();
  private timer: NodeJS.Timeout | undefined;

  /** @param late gives the verdict of those that waited `longestMs`. */
  constructor(
    private readonly longestMs: number,
    private readonly late: () => Refusal,
  ) {}

  get size(): number {
    return this.waiters.size;
  }

  /** Sources that are not read because of this. */
  get sources(): number {
    return this.bySource.size;
  }

  /** The one whose turn is next. */
  get first(): PendingAppend | undefined {
    return this.oldest?.pending;
  }

  add(pending: PendingAppend, source: PublishSource): void {
    this.waiters.add({ pending, source, until: performance.now() + this.longestMs });
    const count = this.bySource.get(source) ?? 0;
    this.bySource.set(source, count + 1);
    if (count === 0) source.publishWaits();
    this.timer ??= setTimeout(() => this.giveUp(), this.longestMs);
  }

  /** Takes the one whose turn is next out. */
  takeFirst(): PendingAppend | undefined {
    const waiter = this.oldest;
    if (waiter !== undefined) this.leave(waiter);
    return waiter?.pending;
  }

  /** Ends the wait of all. */
  refuseAll(refusal: Refusal): void {
    for (const waiter of this.waiters) {
      this.leave(waiter);
      waiter.pending.reject(refusal);
    }
  }

  private get oldest(): Waiter | undefined {
    const [oldest] = this.waiters;
    return oldest;
  }

  private leave(waiter: Waiter): void {
    this.waiters.delete(waiter);
    const count = this.bySource.get(waiter.source) ?? 1;
    if (count > 1) this.bySource.set(waiter.source, count - 1);
    else {
      this.bySource.delete(waiter.source);
      waiter.source.publishesGoOn();
    }
    if (this.waiters.size > 0) return;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private giveUp(): void {
    this.timer = undefined;
    const now = performance.now();
    for (let waiter = this.oldest; waiter !== undefined; waiter = this.oldest) {
      if (waiter.until > now) {
        this.timer ??= setTimeout(() => this.giveUp(), Math.ceil(waiter.until - now));
        return;
      }
      this.leave(waiter);
      waiter.pending.reject(this.late());
    }
  }
}
