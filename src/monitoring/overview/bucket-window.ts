import { quantile } from '../summary/quantile.js';

/** Steps that the window reaches back. */
const STEPS = 10;

/** Quantiles of what a histogram took in during the last steps: it is looked at once a step. */
export class BucketWindow {
  private readonly looks: Float64Array[] = [];

  /** @param edges upper edges of the buckets, in seconds; @param read sums up the counts of the buckets, those above every edge last. */
  constructor(
    private readonly edges: readonly number[],
    private readonly read: (into: Float64Array) => void,
  ) {}

  /** Looks, and answers the milliseconds below which these shares lie; NaN where nothing was taken in. */
  look(shares: readonly number[]): readonly number[] {
    const now = new Float64Array(this.edges.length + 1);
    this.read(now);
    const before = this.looks[0] ?? now;
    this.looks.push(now);
    if (this.looks.length > STEPS) this.looks.shift();
    const rise = now.map((count, place) => count - (before[place] ?? 0));
    const total = rise.reduce((sum, count) => sum + count, 0);
    return shares.map((share) => quantile(rise, total, share, this.edges) ?? NaN);
  }
}
