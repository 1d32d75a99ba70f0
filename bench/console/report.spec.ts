import { describe, expect, it } from 'vitest';
import { summary } from './report.ts';

/** The cells of one goal's row, its name left out. */
function goalOf(text: string, name: string): readonly string[] {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`| ${name} `) && /<=? /.test(candidate));
  return (line ?? '')
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

const quiet = { repeat: 1, others: 0 };

describe('summary of the console', () => {
  it('judges each by its median, and the longest task of each screen by itself', () => {
    const text = summary({
      drawings: [1_000, 1_400, 9_000].map((drawnMs) => ({ ...quiet, drawnMs })),
      screens: [
        { ...quiet, screen: 'overview', longestMs: 90, longTasks: 2 },
        { ...quiet, screen: 'connections', longestMs: 200, longTasks: 5 },
      ],
      costs: [{ ...quiet, withConsole: 0.06, without: 0.052 }],
    });
    expect(goalOf(text, 'overview drawn, ms')).toEqual(['<= 1500', '1400', '3 of 3', 'yes']);
    expect(goalOf(text, 'longest task, overview, ms')).toEqual(['< 200', '90', '1 of 1', 'yes']);
    expect(goalOf(text, 'longest task, connections, ms')).toEqual(['< 200', '200', '1 of 1', 'no']);
    expect(goalOf(text, 'cores that a console costs the node')).toEqual(['< 0.01', '0.0080', '1 of 1', 'yes']);
  });

  it('judges nothing beside which other programs ran', () => {
    const text = summary({
      drawings: [{ repeat: 1, others: 0.3, drawnMs: 100 }],
      screens: [],
      costs: [{ repeat: 1, others: 0.3, withConsole: 0.05, without: 0.05 }],
    });
    expect(goalOf(text, 'overview drawn, ms')).toEqual(['<= 1500', '-', '0 of 1', 'unknown']);
  });
});
