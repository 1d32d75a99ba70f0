import { Latency, type LatencyCounts } from './latency.js';

export type ReasonCounts = Readonly<Record<string, number>>;

/** A tally as it travels between processes. */
export interface TallyCounts {
  readonly opened: number;
  readonly failures: ReasonCounts;
  readonly closes: ReasonCounts;
  readonly deliveries: number;
  readonly missed: number;
  readonly repeated: number;
  readonly handshake: LatencyCounts;
  readonly latency: LatencyCounts;
  readonly away: LatencyCounts;
}

/** What a fleet of connections saw since it was last asked. */
export class Tally {
  opened = 0;
  deliveries = 0;
  /** Messages in holes of `seq`. */
  missed = 0;
  /** Messages whose `seq` did not rise. */
  repeated = 0;
  /** Handshakes that failed, and open connections that ended though nobody here ended them. */
  readonly failures = new Map<string, number>();
  readonly closes = new Map<string, number>();
  readonly handshake = new Latency();
  readonly latency = new Latency();
  /** Time from being cut off to being back. */
  readonly away = new Latency();

  get counts(): TallyCounts {
    const { opened, deliveries, missed, repeated } = this;
    return {
      opened,
      deliveries,
      missed,
      repeated,
      failures: Object.fromEntries(this.failures),
      closes: Object.fromEntries(this.closes),
      handshake: this.handshake.counts,
      latency: this.latency.counts,
      away: this.away.counts,
    };
  }

  count(where: 'failures' | 'closes', reason: string, times = 1): void {
    this[where].set(reason, (this[where].get(reason) ?? 0) + times);
  }

  add(counts: TallyCounts): void {
    this.opened += counts.opened;
    this.deliveries += counts.deliveries;
    this.missed += counts.missed;
    this.repeated += counts.repeated;
    for (const where of ['failures', 'closes'] as const)
      for (const [reason, times] of Object.entries(counts[where])) this.count(where, reason, times);
    for (const name of ['handshake', 'latency', 'away'] as const) this[name].add(counts[name]);
  }
}
