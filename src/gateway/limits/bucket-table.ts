import { RateBucket } from './rate-bucket.js';

/**
 * A rate bucket for each user, key or address. The table is bounded: when it is full, whoever has been quiet longest is forgotten,
 * which gives them a full bucket and takes nothing from anybody else.
 */
export class BucketTable {
  private readonly buckets = new Map<string, RateBucket>();

  get size(): number {
    return this.buckets.size;
  }

  /** The bucket of this key, which counts as used. `capacity`: most buckets to keep, at least 1. */
  of(key: string, capacity: number): RateBucket {
    const bucket = this.buckets.get(key) ?? new RateBucket();
    // A Map keeps the order of insertion, so its first key has been quiet longest.
    this.buckets.delete(key);
    this.buckets.set(key, bucket);
    while (this.buckets.size > capacity) this.forgetQuietest();
    return bucket;
  }

  private forgetQuietest(): void {
    const quietest = this.buckets.keys().next();
    if (!quietest.done) this.buckets.delete(quietest.value);
  }
}
