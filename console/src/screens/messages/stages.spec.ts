import { describe, expect, it } from 'vitest';
import { fanOut, nodesOf, nodeWords, storing, tells } from './stages.ts';
import type { NodeShare, Origin } from './waybill-answer.ts';

const origin: Origin = { publisher: 'p', door: 'rest', accepted_at: 1_000, stored_at: 1_004, trace: 'none' };
const node: NodeShare = { node: 'n1', run: 1, state: 'running', seq: 9, reached: true, flushed_between: [1_004, 1_020], receipts: 2 };

describe('the legs of the way', () => {
  it('are as long as the clocks say, and never less than nothing', () => {
    expect(storing(origin)).toEqual({ kind: 'exact', ms: 4 });
    expect(storing({ ...origin, stored_at: 998 })).toEqual({ kind: 'exact', ms: 0 });
  });

  it('are as long as the slowest node', () => {
    expect(fanOut(origin, [node, { ...node, run: 2, flushed_between: [1_004, 1_050] }])).toEqual({ kind: 'atMost', ms: 50 });
  });

  it('are unknown where marks have grown too sparse to tell', () => {
    const sparse = { ...node, flushed_between: [1_004, 1_462_573] } as const;
    expect(tells(sparse.flushed_between)).toBe(false);
    expect(fanOut(origin, [sparse])).toEqual({ kind: 'unknown' });
  });

  it('are unknown where there is no origin or no node', () => {
    expect([storing(null).kind, fanOut(null, [node]).kind, fanOut(origin, []).kind]).toEqual(['unknown', 'unknown', 'unknown']);
  });
});

describe('nodes', () => {
  it('without a part in it are left out, unless none had one', () => {
    const { flushed_between: _span, ...bystander } = { ...node, run: 2, receipts: 0 };
    const waybill = { nodes: [node, bystander] } as never;
    expect(nodesOf(waybill).map(({ run }) => run)).toEqual([1]);
    expect(nodesOf({ nodes: [bystander] } as never)).toEqual([bystander]);
  });

  it.each<[Partial<NodeShare>, string]>([
    [{}, 'handed out'],
    [{ reached: false }, 'at position 9, not there yet'],
    [{ reached: false, state: 'lost' }, 'lost after position 9'],
    [{ reached: false, state: 'ended' }, 'ended at position 9'],
  ])('%j: %s', (change, words) => {
    expect(nodeWords({ ...node, ...change })).toBe(words);
  });
});
