/** Each power of two of microseconds is divided into this many equal parts: a value is off by at most 1/64 of itself. */
const PARTS = 64;
const PART_BITS = 6;
const LONGEST_US = 2 ** 32 - 1;
const BUCKETS = bucketOf(LONGEST_US) + 1;

/** Counts of durations, as they travel between processes. */
export type HistogramCounts = readonly (readonly [bucket: number, count: number])[];

/**
 * Durations counted in buckets whose width grows with the value, as HdrHistogram does: recording costs an addition, and every
 * percentile keeps its relative accuracy. From 1 µs (shorter ones count as that) to about an hour (so do longer ones).
 */
export class Histogram {
  private readonly buckets = new Float64Array(BUCKETS);
  private total = 0;

  static from(counts: HistogramCounts): Histogram {
    const histogram = new Histogram();
    for (const [bucket, count] of counts) {
      histogram.buckets[bucket] = (histogram.buckets[bucket] ?? 0) + count;
      histogram.total += count;
    }
    return histogram;
  }

  get count(): number {
    return this.total;
  }

  get counts(): HistogramCounts {
    return [...this.buckets.entries()].filter(([, count]) => count > 0);
  }

  record(milliseconds: number): void {
    const bucket = bucketOf(Math.round(milliseconds * 1_000));
    this.buckets[bucket] = (this.buckets[bucket] as number) + 1;
    this.total += 1;
  }

  /** The duration, in milliseconds, that this share of all does not exceed; NaN where there are none. */
  percentile(share: number): number {
    if (this.total === 0) return Number.NaN;
    const wanted = Math.max(1, Math.ceil(share * this.total));
    let seen = 0;
    for (const [bucket, count] of this.buckets.entries()) {
      seen += count;
      if (seen >= wanted) return middleOf(bucket) / 1_000;
    }
    throw new Error('the total of a histogram exceeds its buckets');
  }
}

/** Below 128 µs one bucket for each microsecond; above, the seven leading binary digits choose. */
function bucketOf(microseconds: number): number {
  if (microseconds < PARTS) return Math.max(microseconds, 1);
  const value = Math.min(microseconds, LONGEST_US);
  const shift = 31 - Math.clz32(value) - PART_BITS;
  return PARTS * shift + Math.floor(value / 2 ** shift);
}

function middleOf(bucket: number): number {
  if (bucket < PARTS) return bucket;
  const shift = Math.floor(bucket / PARTS) - 1;
  const low = (PARTS + (bucket % PARTS)) * 2 ** shift;
  return low + (2 ** shift - 1) / 2;
}
