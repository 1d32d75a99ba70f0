import { describe, expect, it } from 'vitest';
import type { DisconnectProgress } from './disconnect-run.js';
import { mergedProgress } from './merged-progress.js';

const COUNTS = { 'node-1': 3, 'node-2': 4, 'node-3': 0 };

function part(parts: Partial<DisconnectProgress>): DisconnectProgress {
  const sums = { matched: 3, closed: 3, gone: 0, left: 0 };
  const common = { id: 'r', by: 'key:a', filter: {}, code: 4400, reason: 'x', rate_per_s: 10, counts: COUNTS, started_at: 5 };
  return { ...common, ...sums, state: 'done', ended_at: 9, ...parts };
}

describe('a run over all nodes', () => {
  it('is nothing where no node knows it', () => {
    expect(mergedProgress([], [])).toBeUndefined();
  });

  it('goes on where a node with connections to close has not begun, or says nothing yet', () => {
    const merged = mergedProgress([{ node: 'node-1', progress: part({}) }], []);
    expect(merged).toMatchObject({
      state: 'running',
      matched: 7,
      closed: 3,
      left: 4,
      nodes: [{ node: 'node-1' }, { node: 'node-2', left: 4 }],
    });
    expect(merged).not.toHaveProperty('ended_at');
    expect(merged).not.toHaveProperty('counts');
  });

  it('is the sum of what the nodes do, and ends with the last of them', () => {
    const runs = [
      { node: 'node-1', progress: part({ started_at: 7 }) },
      { node: 'node-2', progress: part({ matched: 4, closed: 2, gone: 1, left: 1, state: 'stopped', stopped_by: 'bob', ended_at: 20 }) },
    ];
    expect(mergedProgress(runs, [])).toMatchObject({
      state: 'stopped',
      stopped_by: 'bob',
      started_at: 5,
      ended_at: 20,
      matched: 7,
      closed: 5,
      gone: 1,
      left: 1,
    });
  });

  it('leaves a node that does not answer out of the sums, and names it', () => {
    const missing = [{ node: 'node-2', reason: 'lost' as const, says: 'is lost' }];
    expect(mergedProgress([{ node: 'node-1', progress: part({}) }], missing)).toMatchObject({ state: 'done', matched: 3, missing });
  });
});
