import { type ErasedUsers, isErased } from '../../messaging/ledger/erased-users.js';
import type { Refused } from '../../telemetry/refused.js';

/** The same refusal of the same caller, once or often; what differed is as it was the last time. */
export interface RecentRefusal {
  readonly refused: Refused;
  /** Milliseconds since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
  /** Rises with every refusal: a place in the order. */
  readonly place: number;
}

/**
 * The latest refusals. Those of one caller by one rule are one entry, so that a caller who insists fills no more than that; the entry
 * that has been quiet longest is forgotten first.
 */
export class RecentRefusals {
  private readonly entries = new Map<string, RecentRefusal>();
  private places = 0;

  constructor(private readonly capacity: number) {}

  /** The place of the next one. */
  get top(): number {
    return this.places + 1;
  }

  get size(): number {
    return this.entries.size;
  }

  add(refused: Refused, now: number): void {
    if (this.capacity === 0) return;
    const { kind, code, rule = '', user = '', address = '' } = refused;
    const key = `${kind}|${code}|${rule}|${user}|${address}`;
    const earlier = this.entries.get(key);
    this.places += 1;
    this.entries.delete(key);
    this.entries.set(key, {
      refused,
      firstAt: earlier?.firstAt ?? now,
      lastAt: now,
      count: (earlier?.count ?? 0) + 1,
      place: this.places,
    });
    if (this.entries.size <= this.capacity) return;
    const oldest = this.entries.keys().next();
    if (!oldest.done) this.entries.delete(oldest.value);
  }

  forget(erased: ErasedUsers): void {
    for (const [key, { refused, firstAt }] of this.entries)
      if (isErased(erased, refused.user, Math.min(refused.connectedAt ?? firstAt, firstAt))) this.entries.delete(key);
  }

  newestFirst(): readonly RecentRefusal[] {
    return [...this.entries.values()].reverse();
  }
}
