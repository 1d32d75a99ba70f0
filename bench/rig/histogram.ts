import { Latency, type LatencyCounts } from '../../src/cli/bench/latency.ts';

/** Counts of durations, as they travel between processes. */
export type HistogramCounts = LatencyCounts;

/** The durations of `waybill bench`, with what tables need. */
export class Histogram extends Latency {
  static from(counts: HistogramCounts): Histogram {
    const histogram = new Histogram();
    histogram.add(counts);
    return histogram;
  }

  /** The duration, in milliseconds, that this share of all does not exceed; NaN where there are none. */
  override percentile(share: number): number {
    return super.percentile(share) ?? Number.NaN;
  }
}
