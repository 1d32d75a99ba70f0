import { describe, expect, it } from 'vitest';
import { AddressBuckets } from './address-buckets.js';

describe('AddressBuckets', () => {
  it('lets bursts of twice the rate pass, then says how long to wait', () => {
    let now = 0;
    const buckets = new AddressBuckets(10, 100, () => now);
    expect(Array.from({ length: 20 }, () => buckets.take('a'))).toEqual(Array.from({ length: 20 }, () => 0));
    expect(buckets.take('a')).toBe(100);
    now = 60;
    expect(buckets.take('a')).toBe(40);
    now = 100;
    expect(buckets.take('a')).toBe(0);
    expect(buckets.take('a')).toBe(100);
  });

  it('keeps addresses apart', () => {
    const buckets = new AddressBuckets(1, 100, () => 0);
    for (let n = 0; n < 3; n += 1) buckets.take('a');
    expect(buckets.take('a')).toBeGreaterThan(0);
    expect(buckets.take('b')).toBe(0);
  });

  it('is bounded, and forgets who has been quiet longest', () => {
    const buckets = new AddressBuckets(1, 3, () => 0);
    for (let n = 0; n < 3; n += 1) buckets.take('busy');
    for (let n = 0; n < 100; n += 1) {
      buckets.take(`other ${n}`);
      expect(buckets.take('busy')).toBeGreaterThan(0);
    }
    expect(buckets.size).toBe(3);
  });
});
