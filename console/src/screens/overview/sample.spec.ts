import { describe, expect, it } from 'vitest';
import { type History, lastOf, timesOf } from './sample.ts';

const history: History = {
  as_of: 30_000,
  node: 'n-1',
  step_s: 10,
  from: 5_000,
  series: { connections: [1, 2, 3], p50_ms: [0.5, 0.7, null] },
};

describe('an hour of history', () => {
  it('gives each value its time', () => {
    expect(timesOf(history)).toEqual([5_000, 15_000, 25_000]);
  });

  it('has no times without values', () => {
    expect(timesOf({ ...history, series: {} })).toEqual([]);
  });

  it('knows the newest value of each series, and where there was none', () => {
    expect(lastOf(history)).toEqual({ connections: 3, p50_ms: null });
  });
});
