import { describe, expect, it } from 'vitest';
import { START } from './setup.ts';
import { summary } from './report.ts';

/** The cells of one goal's row, its name left out. */
function goalOf(text: string, name: string): readonly string[] {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`| ${name} `));
  return (line ?? '')
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

const start = (name: string, repeat: number, tookMs: number, others = 0) => ({ start: name, repeat, tookMs, cpuMs: 900, others });

describe('summary of P10', () => {
  it('judges the first start and the second apart, each by its median', () => {
    const text = summary([
      ...[2_900, 5_000, 4_000].map((took, index) => start(START.first, index + 1, took)),
      ...[1_000, 3_000, 9_000].map((took, index) => start(START.second, index + 1, took)),
    ]);
    expect(goalOf(text, `${START.first}, ms`)).toEqual(['<= 3000', '4000', '3 of 3', 'no']);
    expect(goalOf(text, `${START.second}, ms`)).toEqual(['<= 3000', '3000', '3 of 3', 'yes']);
  });

  it('counts no start beside which other programs ran', () => {
    const text = summary([start(START.second, 1, 9_000, 0.2), start(START.second, 2, 1_000)]);
    expect(goalOf(text, `${START.second}, ms`)).toEqual(['<= 3000', '1000', '1 of 2', 'yes']);
  });
});
