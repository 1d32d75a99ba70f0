import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OVERVIEW_NAMES, type OverviewName } from '../../protocol/overview-sample.js';
import { OverviewHistory } from './overview-history.js';

const START = 7_200_000;
let now = START;
let history: OverviewHistory;

const sample = (numbers: Partial<Record<OverviewName, number>>): Float64Array =>
  Float64Array.from(OVERVIEW_NAMES, (name) => numbers[name] ?? 0);

/** So many seconds, with what each has. */
function live(seconds: number, numbers: (second: number) => Partial<Record<OverviewName, number>>): void {
  for (let second = 0; second < seconds; second += 1) {
    history.add(sample(numbers(second)));
    now += 1_000;
  }
}

beforeEach(() => {
  now = START;
  history = new OverviewHistory(() => now);
});

describe('the history of a node', () => {
  it('has nothing before there is something', () => {
    expect(history.read({ minutes: 60, stepS: 10 }).series.connections).toEqual([]);
    live(9, () => ({}));
    expect(history.read({ minutes: 60, stepS: 10 }).series.connections).toEqual([]);
    expect(history.read({ minutes: 1, stepS: 1 }).series.connections).toHaveLength(9);
  });

  it('keeps each second of five minutes, and no more', () => {
    live(400, (connections) => ({ connections }));
    const { from, series } = history.read({ minutes: 5, stepS: 1 });
    expect(series.connections).toEqual(Array.from({ length: 300 }, (_, n) => n + 100));
    expect(Math.abs(from - (Date.now() - 300_000))).toBeLessThan(50);
    expect(history.read({ minutes: 2, stepS: 1 }).series.connections).toEqual(Array.from({ length: 120 }, (_, n) => n + 280));
  });

  it('keeps an hour in steps of ten seconds, each number folded in its own way', () => {
    live(4_000, (second) => ({
      connections: second,
      publishes_per_s: second % 10,
      queued_bytes: second % 10,
      ready: second % 100 === 5 ? 0 : 1,
    }));
    const { series } = history.read({ minutes: 60, stepS: 10 });
    // The step that is now is not whole.
    expect(series.connections).toHaveLength(360);
    expect(series.connections.at(-1)).toBe(3_989);
    expect(series.connections[0]).toBe(3_989 - 3_590);
    expect(new Set(series.publishes_per_s)).toEqual(new Set([4.5]));
    expect(new Set(series.queued_bytes)).toEqual(new Set([9]));
    expect(series.ready.filter((ready) => ready === 0)).toHaveLength(36);
  });

  it('folds again for longer steps, at the same places whenever it is asked', () => {
    live(1_201, (second) => ({ connections: second, queued_bytes: second }));
    const before = history.read({ minutes: 60, stepS: 60 });
    expect(before.series.queued_bytes.slice(0, 2)).toEqual([59, 119]);
    live(10, () => ({}));
    expect(history.read({ minutes: 60, stepS: 60 }).series.queued_bytes.slice(0, 19)).toEqual(before.series.queued_bytes.slice(0, 19));
  });

  it('says null of seconds in which the process stood still, and of what was not known', () => {
    live(10, () => ({ p99_ms: NaN, connections: 1 }));
    now += 25_000;
    live(10, () => ({ p99_ms: 5, connections: 2 }));
    const fine = history.read({ minutes: 5, stepS: 1 }).series;
    expect(fine.connections).toEqual([...Array<number>(10).fill(1), ...Array<null>(25).fill(null), ...Array<number>(10).fill(2)]);
    const coarse = history.read({ minutes: 5, stepS: 10 }).series;
    expect(coarse.connections).toEqual([1, null, null, 2]);
    expect(coarse.p99_ms).toEqual([null, null, null, 5]);
  });

  it('outlives a stop of a day', () => {
    live(10, () => ({ connections: 1 }));
    now += 86_400_000;
    live(3, () => ({ connections: 2 }));
    const { connections } = history.read({ minutes: 5, stepS: 1 }).series;
    expect(connections.slice(-4)).toEqual([null, 2, 2, 2]);
    expect(connections.slice(0, -3).every((value) => value === null)).toBe(true);
  });

  it('costs microseconds a second, and a fixed piece of memory', () => {
    vi.useRealTimers();
    const began = performance.now();
    live(20_000, (connections) => ({ connections }));
    const each = ((performance.now() - began) / 20_000) * 1_000;
    process.stdout.write(`    a second is kept in ${each.toFixed(1)} µs\n`);
    expect(each).toBeLessThan(1_000);
  });
});
