import { describe, expect, it } from 'vitest';
import type { Measurement } from './measurement.ts';
import { summary } from './report.ts';
import { PHASE } from './setup.ts';

function measured(phase: string, repeat: number, perSecond: number, fields: Partial<Measurement> = {}): Measurement {
  return { phase, repeat, perSecond, p50: 5, p99: 9, serverCpu: 20, loadCpu: 5, serverCores: 1, others: 0, ...fields };
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

const RATE = 'commands/s: gateway / bare ws';

describe('summary of P3', () => {
  it('takes the median of the ratios within the repeats, not the ratio of the medians', () => {
    const measurements = [
      measured(PHASE.gateway, 1, 100),
      measured(PHASE.bare, 1, 1_000),
      measured(PHASE.gateway, 2, 600),
      measured(PHASE.bare, 2, 1_000),
      measured(PHASE.gateway, 3, 500),
      measured(PHASE.bare, 3, 500),
    ];
    expect(goalOf(measurements, RATE)).toEqual(['>= 0.7', '0.60', '3 of 3', 'no']);
  });

  it('gives the ratio of the CPU times the same way round: above 1 the gateway takes less', () => {
    const measurements = [measured(PHASE.gateway, 1, 1, { serverCpu: 20 }), measured(PHASE.bare, 1, 1, { serverCpu: 30 })];
    expect(goalOf(measurements, 'the same by CPU time')).toEqual(['>= 0.7', '1.50', '1 of 1', 'yes']);
  });

  it('counts no pair of which one half was disturbed, and does not judge by few', () => {
    const measurements = [1, 2, 3].flatMap((repeat) => [
      measured(PHASE.gateway, repeat, 900),
      measured(PHASE.bare, repeat, 1_000, { others: repeat === 1 ? 0 : 0.5 }),
    ]);
    expect(goalOf(measurements, RATE)).toEqual(['>= 0.7', '0.90', '1 of 3', 'unknown']);
  });
});
