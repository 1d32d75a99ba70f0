import { RateBucket } from './ws/rate-bucket.js';

/**
 * A rate bucket for each address. The table is bounded: when it is full, the address that has been quiet longest is forgotten,
 * which gives it a full bucket and takes nothing from anybody else.
 */
export class AddressBuckets {
  private readonly buckets = new Map<string, RateBucket>();

  constructor(
    private readonly perSecond: number,
    private readonly capacity: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get size(): number {
    return this.buckets.size;
  }

  /** Takes one token. Answers 0 where there was one, else the milliseconds until there will be. */
  take(address: string): number {
    const now = this.now();
    const bucket = this.buckets.get(address) ?? new RateBucket(this.perSecond, now);
    this.touch(address, bucket);
    return bucket.take(now);
  }

  /** A Map keeps the order of insertion, so its first key is the address that has been quiet longest. */
  private touch(address: string, bucket: RateBucket): void {
    this.buckets.delete(address);
    this.buckets.set(address, bucket);
    if (this.buckets.size <= this.capacity) return;
    const [quietest] = this.buckets.keys();
    if (quietest !== undefined) this.buckets.delete(quietest);
  }
}
