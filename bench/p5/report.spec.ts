import { describe, expect, it } from 'vitest';
import type { Measurement } from './measurement.ts';
import { summary } from './report.ts';
import { PHASE } from './setup.ts';

function measured(phase: string, repeat: number, perSecond: number, others = 0): Measurement {
  return { phase, repeat, perSecond, others, batch: 32, p50: 5, p99: 9, gatewayCpu: 30, databaseCpu: 40, loadCpu: 10 };
}

/** The cells of one goal's row, its name left out. */
function goalOf(measurements: readonly Measurement[], name: string): readonly string[] {
  const line = summary(measurements)
    .split('\n')
    .find((candidate) => candidate.startsWith(`| ${name} `));
  return (line ?? '')
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

const RATIO = 'gateway / raw append, batches of 256';

describe('summary', () => {
  it('takes the median of the ratios within the repeats, not the ratio of the medians', () => {
    const measurements = [
      measured(PHASE.gateway, 1, 100),
      measured(PHASE.raw, 1, 1_000),
      measured(PHASE.gateway, 2, 600),
      measured(PHASE.raw, 2, 1_000),
      measured(PHASE.gateway, 3, 500),
      measured(PHASE.raw, 3, 500),
    ];
    expect(goalOf(measurements, RATIO)).toEqual(['>= 0.5', '0.60', '3 of 3', 'yes']);
  });

  it('counts no pair of which one half was disturbed', () => {
    const measurements = [
      measured(PHASE.gateway, 1, 400),
      measured(PHASE.raw, 1, 1_000),
      measured(PHASE.gateway, 2, 900),
      measured(PHASE.raw, 2, 1_000, 0.5),
    ];
    expect(goalOf(measurements, RATIO)).toEqual(['>= 0.5', '0.40', '1 of 2', 'no']);
  });

  it('does not judge by fewer than half of the repeats', () => {
    const measurements = [1, 2, 3].map((repeat) => measured(PHASE.gateway, repeat, 30_000, repeat === 1 ? 0 : 0.2));
    expect(goalOf(measurements, 'acknowledged/s')).toEqual(['>= 20000', '30000', '1 of 3', 'unknown']);
  });

  it('gives no figure where nothing counts', () => {
    expect(goalOf([measured(PHASE.gateway, 1, 30_000, 0.2)], 'acknowledged/s')).toEqual(['>= 20000', '-', '0 of 1', 'unknown']);
  });
});
