import type { Refused } from '../../telemetry/refused.js';
import { HourlyCount } from './hourly-count.js';

/** One way of being refused, over everybody. Times are milliseconds since the epoch. */
export interface RefusalSum {
  readonly kind: Refused['kind'];
  readonly code: string;
  readonly rule?: string;
  /** As it was said last. */
  readonly message: string;
  readonly last_hour: number;
  /** Since the start of this node. */
  readonly total: number;
  readonly last_at: number;
}

interface Sum {
  readonly lastHour: HourlyCount;
  latest: Refused;
  total: number;
  lastAt: number;
}

/** Rules that are counted apart; the one that has refused nobody for longest is forgotten first. */
const MOST_SUMS = 500;

/** Counts refusals by kind, code and rule: small, however many there are. */
export class RefusalSummary {
  private readonly sums = new Map<string, Sum>();

  get size(): number {
    return this.sums.size;
  }

  add(refused: Refused, now: number): void {
    const key = `${refused.kind}|${refused.code}|${refused.rule ?? ''}`;
    const sum = this.sums.get(key) ?? { lastHour: new HourlyCount(), latest: refused, total: 0, lastAt: now };
    this.sums.delete(key);
    this.sums.set(key, sum);
    sum.latest = refused;
    sum.total += 1;
    sum.lastAt = now;
    sum.lastHour.add(now);
    if (this.sums.size <= MOST_SUMS) return;
    const quietest = this.sums.keys().next();
    if (!quietest.done) this.sums.delete(quietest.value);
  }

  /** The most frequent of the last hour first. */
  list(now: number): readonly RefusalSum[] {
    return [...this.sums.values()]
      .map(({ latest: { kind, code, rule, message }, lastHour, total, lastAt }) => ({
        kind,
        code: String(code),
        ...(rule === undefined ? {} : { rule }),
        message,
        last_hour: lastHour.within(now),
        total,
        last_at: lastAt,
      }))
      .toSorted((a, b) => b.last_hour - a.last_hour || b.last_at - a.last_at);
  }
}
