import { describe, expect, it } from 'vitest';
import { growthAfterSettling } from './slope.js';

describe('growth after settling', () => {
  const points = (values: readonly number[]) => values.map((value, index) => ({ at: index * 1_000, value }));

  it('leaves out what is taken at the beginning', () => {
    expect(growthAfterSettling(points([10, 40, 90, 100, 100, 100, 100, 100, 100, 100]))).toBeCloseTo(0);
  });

  it('is the rise of a leak as a share of the mean', () => {
    // 100 to 160 over the last two thirds, whose mean is 130.
    expect(growthAfterSettling(points([70, 80, 90, 100, 110, 120, 130, 140, 150, 160]))).toBeCloseTo(60 / 130);
  });

  it('does not take a saw-tooth for a leak', () => {
    expect(Math.abs(growthAfterSettling(points(Array.from({ length: 31 }, (_, index) => 100 + (index % 2)))))).toBeLessThan(0.01);
  });

  it('is nothing where nothing was seen', () => {
    expect([growthAfterSettling([]), growthAfterSettling(points([5]))]).toEqual([0, 0]);
  });
});
