import { describe, expect, it } from 'vitest';
import type { Goal } from './goals.ts';
import type { Measurement } from './measurement.ts';
import { summary } from './report.ts';

const GATEWAY = 'gateway';
const FLOOR = 'floor';
const CPU: Goal = { figure: 'serverCpu', upper: GATEWAY, lower: FLOOR, sign: '<=', wanted: 1.25 };
const RATE: Goal = { figure: 'perSecond', upper: GATEWAY, lower: FLOOR, sign: '>=', wanted: 0.8 };

function measured(phase: string, repeat: number, figures: Partial<Measurement> = {}): Measurement {
  return { phase, repeat, perSecond: 100, serverCpu: 2, loadCpu: 1, p50: 5, p99: 9, bytes: 265, memory: 100, others: 0, ...figures };
}

/** The rows of one of the two tables, without its head, by cells. */
function rowsOf(place: 'medians' | 'goals', measurements: readonly Measurement[], goals: readonly Goal[]): readonly (readonly string[])[] {
  const [medians = '', judgements = ''] = summary([GATEWAY, FLOOR], measurements, goals).split('\n\n');
  const lines = (place === 'medians' ? medians : judgements).split('\n').slice(2);
  return lines.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('summary', () => {
  it('takes the median of the ratios within the repeats, not the ratio of the medians', () => {
    const measurements = [
      [100, 1_000],
      [600, 1_000],
      [500, 500],
    ].flatMap(([gateway = 0, floor = 0], index) => [
      measured(GATEWAY, index + 1, { perSecond: gateway }),
      measured(FLOOR, index + 1, { perSecond: floor }),
    ]);
    expect(rowsOf('goals', measurements, [RATE])).toEqual([[`deliveries/s: ${GATEWAY} / ${FLOOR}`, '>= 0.8', '0.60', '3 of 3', 'no']]);
  });

  it.each([
    [2.5, 'yes'],
    [2.52, 'no'],
  ])('holds a CPU of %d beside 2 against a goal of 1.25 times: %s', (serverCpu, held) => {
    const measurements = [measured(GATEWAY, 1, { serverCpu }), measured(FLOOR, 1)];
    expect(rowsOf('goals', measurements, [CPU])[0]?.at(-1)).toBe(held);
  });

  it('counts no pair of which one half was disturbed, and no disturbed run in a median', () => {
    const measurements = [
      measured(GATEWAY, 1, { perSecond: 90 }),
      measured(FLOOR, 1),
      measured(GATEWAY, 2, { perSecond: 10 }),
      measured(FLOOR, 2, { others: 0.5, perSecond: 7 }),
    ];
    expect(rowsOf('goals', measurements, [RATE])[0]?.slice(2)).toEqual(['0.90', '1 of 2', 'yes']);
    expect(rowsOf('medians', measurements, [])[1]?.slice(0, 3)).toEqual([FLOOR, '1 of 2', '100']);
  });

  it('does not judge by fewer than half of the repeats', () => {
    const measurements = [1, 2, 3].flatMap((repeat) => [
      measured(GATEWAY, repeat, { others: repeat === 1 ? 0 : 0.2 }),
      measured(FLOOR, repeat),
    ]);
    expect(rowsOf('goals', measurements, [RATE])[0]?.slice(2)).toEqual(['1.00', '1 of 3', 'unknown']);
  });

  it('gives no figure for a peer that is not there', () => {
    expect(rowsOf('goals', [measured(GATEWAY, 1)], [RATE])[0]?.slice(2)).toEqual(['-', '0 of 1', 'unknown']);
  });
});
