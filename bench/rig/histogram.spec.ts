import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from './histogram.ts';

const ACCURACY = 1 / 64;

function histogramOf(milliseconds: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const duration of milliseconds) histogram.record(duration);
  return histogram;
}

/** By definition: the smallest value that this share of all does not exceed. */
function exactPercentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? Number.NaN;
}

describe('Histogram', () => {
  it('gives every percentile within its accuracy, whatever the durations', () => {
    const microseconds = fc.oneof(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    );
    fc.assert(
      fc.property(fc.array(microseconds, { minLength: 1, maxLength: 300 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const exact = exactPercentile(values, share);
        const found = histogramOf(values.map((value) => value / 1_000)).percentile(share) * 1_000;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * ACCURACY);
      }),
    );
  });

  it('is exact below 128 µs', () => {
    for (let microseconds = 1; microseconds < 128; microseconds += 1) {
      expect(histogramOf([microseconds / 1_000]).percentile(0.5)).toBeCloseTo(microseconds / 1_000, 9);
    }
  });

  it('counts what is out of its range at its ends', () => {
    const histogram = histogramOf([0, 1e9]);
    expect(histogram.percentile(0)).toBe(0.001);
    expect(histogram.percentile(1)).toBeGreaterThan(4e6);
    expect(histogram.count).toBe(2);
  });

  it('travels between processes and adds up', () => {
    const counts = histogramOf([0.5, 0.5, 30]).counts;
    const histogram = Histogram.from(JSON.parse(JSON.stringify([...counts, ...counts])) as typeof counts);
    expect(histogram.count).toBe(6);
    expect(histogram.percentile(0.5)).toBeCloseTo(0.5, 2);
    expect(histogram.percentile(0.99)).toBeCloseTo(30, 0);
  });

  it('has no percentile where nothing was recorded', () => {
    expect(new Histogram().percentile(0.5)).toBeNaN();
  });
});
