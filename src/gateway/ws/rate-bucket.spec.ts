import { describe, expect, it } from 'vitest';
import { RateBucket } from './rate-bucket.js';
import { WindowCount } from './window-count.js';

describe('rate bucket', () => {
  it('lets a burst of twice the rate through, then says how long to wait', () => {
    const bucket = new RateBucket(10, 1_000);
    expect(Array.from({ length: 20 }, () => bucket.take(1_000))).toEqual(Array<number>(20).fill(0));
    expect(bucket.take(1_000)).toBe(100);
    expect(bucket.take(1_050)).toBe(50);
    expect(bucket.take(1_100)).toBe(0);
    expect(bucket.take(1_100)).toBe(100);
  });

  it('never holds more than the burst', () => {
    const bucket = new RateBucket(5, 0);
    const taken = Array.from({ length: 12 }, () => bucket.take(1_000_000)).filter((wait) => wait === 0);
    expect(taken).toHaveLength(10);
  });
});

describe('window count', () => {
  it('starts anew with the first event after its window', () => {
    const count = new WindowCount(60);
    expect([0, 10, 59, 60, 61, 200].map((now) => count.add(now))).toEqual([1, 2, 3, 1, 2, 1]);
  });
});
