import { describe, expect, it } from 'vitest';
import { BucketTable } from './bucket-table.js';

describe('a table of buckets', () => {
  const take = (table: BucketTable, key: string, capacity = 100): number => table.of(key, capacity).take(1, 0, 1, 2);

  it('keeps keys apart', () => {
    const table = new BucketTable();
    for (let n = 0; n < 2; n += 1) take(table, 'a');
    expect([take(table, 'a'), take(table, 'b')]).toEqual([1_000, 0]);
  });

  it('is bounded, and forgets who has been quiet longest', () => {
    const table = new BucketTable();
    for (let n = 0; n < 2; n += 1) take(table, 'busy', 3);
    for (let n = 0; n < 100; n += 1) {
      take(table, `other ${n}`, 3);
      expect(take(table, 'busy', 3)).toBe(1_000);
    }
    expect(table.size).toBe(3);
  });

  it('shrinks when it may hold less', () => {
    const table = new BucketTable();
    for (let n = 0; n < 50; n += 1) take(table, `key ${n}`);
    take(table, 'last', 5);
    expect(table.size).toBe(5);
  });
});
