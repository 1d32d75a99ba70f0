/** Each power of two of microseconds is divided into this many equal parts: a value is off by at most 1/64 of itself. */
const PARTS = 64;
const PART_BITS = 6;
const LONGEST_US = 2 ** 32 - 1;
const BUCKETS = bucketOf(LONGEST_US) + 1;

/** Counts of durations as they travel between processes. */
export type LatencyCounts = readonly (readonly [bucket: number, count: number])[];

/**
 * Durations in buckets that widen with the value, as in HdrHistogram: recording is an addition, sums over processes are exact, and a
 * percentile keeps its relative accuracy. Shorter than 1 µs counts as that, longer than 71 minutes as those.
 */
export class Latency {
  private readonly buckets = new Float64Array(BUCKETS);
  private total = 0;

  get count(): number {
    return this.total;
  }

  get counts(): LatencyCounts {
    return [...this.buckets.entries()].filter(([, count]) => count > 0);
  }

  record(milliseconds: number): void {
    this.put(bucketOf(Math.round(milliseconds * 1_000)), 1);
  }

  add(counts: LatencyCounts): void {
    for (const [bucket, count] of counts) this.put(bucket, count);
  }

  /** Milliseconds that this share of all does not exceed; undefined where there are none. */
  percentile(share: number): number | undefined {
    const wanted = Math.max(1, Math.ceil(share * this.total));
    let seen = 0;
    for (const [bucket, count] of this.buckets.entries()) {
      seen += count;
      if (seen >= wanted) return middleOf(bucket) / 1_000;
    }
    return undefined;
  }

  private put(bucket: number, count: number): void {
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + count;
    this.total += count;
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
