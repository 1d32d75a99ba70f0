import { describe, expect, it } from 'vitest';
import { WindowCount } from '../ws/window-count.js';
import { RateBucket } from './rate-bucket.js';

/** Takes by a fake clock, at 10 units a second with bursts of 20. */
function tenASecond(): (now: number, cost?: number) => number {
  const bucket = new RateBucket();
  return (now, cost = 1) => bucket.take(cost, now, 10, 20);
}

describe('rate bucket', () => {
  it('lets a burst through, then says how long to wait', () => {
    const take = tenASecond();
    expect(Array.from({ length: 20 }, () => take(1_000))).toEqual(Array<number>(20).fill(0));
    expect([take(1_000), take(1_050), take(1_100), take(1_100)]).toEqual([100, 50, 0, 100]);
  });

  it('never holds more than the burst', () => {
    const take = tenASecond();
    take(0, 20);
    expect(Array.from({ length: 25 }, () => take(1_000_000)).filter((wait) => wait === 0)).toHaveLength(20);
  });

  it('takes more for what costs more, and nothing for what it refuses', () => {
    const take = tenASecond();
    expect([take(0, 11), take(0, 11), take(0, 9), take(0, 0.1)]).toEqual([0, 200, 0, 10]);
  });

  it('lets through what costs more than a burst when it is full, and waits for the whole debt', () => {
    const take = tenASecond();
    expect(take(0, 120)).toBe(0);
    expect([take(0), take(9_999), take(10_100)]).toEqual([10_100, 101, 0]);
  });

  it('adds up tenths without losing any', () => {
    const take = tenASecond();
    expect(Array.from({ length: 201 }, () => take(0, 0.1)).lastIndexOf(0)).toBe(199);
  });

  it('holds to another rate from the moment it is told of one', () => {
    const bucket = new RateBucket();
    expect(bucket.take(20, 0, 10, 20)).toBe(0);
    expect(bucket.wait(1, 0, 10, 20)).toBe(100);
    expect(bucket.wait(1, 0, 1_000, 2_000)).toBe(1);
    expect(bucket.wait(1, 1, 1_000, 2_000)).toBe(0);
    expect(bucket.wait(3, 100_000, 1, 2)).toBe(0);
    bucket.spend(3);
    expect(bucket.wait(1, 100_000, 1, 2)).toBe(2_000);
  });
});

describe('window count', () => {
  it('starts anew with the first event after its window', () => {
    const count = new WindowCount(60);
    expect([0, 10, 59, 60, 61, 200].map((now) => count.add(now))).toEqual([1, 2, 3, 1, 2, 1]);
  });
});
