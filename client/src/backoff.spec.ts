import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.js';

/** Deterministic numbers in [0, 1): mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('Backoff', () => {
  it('doubles its window from 0.5 s to 20 s and starts over after a reset', () => {
    const backoff = new Backoff({}, () => 0.999_999);
    const windows = Array.from({ length: 9 }, () => backoff.next() + 1);
    expect(windows).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000, 20_000]);
    expect(backoff.attempts).toBe(9);
    backoff.reset();
    expect(backoff.next() + 1).toBe(500);
  });

  it('uses the whole window, from nothing on', () => {
    expect(new Backoff({}, () => 0).next()).toBe(0);
  });

  it('waits as long as the server asked, and spreads on top of that', () => {
    expect(new Backoff({}, () => 0).next(3_000)).toBe(3_000);
    expect(new Backoff({}, () => 0.5).next(3_000)).toBe(3_250);
  });

  it('stays at its widest window however long it lasts', () => {
    const backoff = new Backoff({}, () => 0.5);
    for (let attempt = 0; attempt < 5_000; attempt += 1) backoff.next();
    expect(backoff.next()).toBe(10_000);
  });

  it('spreads 10,000 clients evenly over each window', () => {
    const random = seeded(7);
    const clients = Array.from({ length: 10_000 }, () => new Backoff({}, random));
    for (const window of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000]) {
      const bins = Array.from({ length: 20 }, () => 0);
      for (const client of clients) {
        const bin = Math.floor((client.next() / window) * 20);
        bins[bin] = (bins[bin] ?? 0) + 1;
      }
      // 500 are expected in each; five standard deviations of a fair draw are 109.
      expect(Math.min(...bins)).toBeGreaterThan(390);
      expect(Math.max(...bins)).toBeLessThan(610);
    }
  });
});
