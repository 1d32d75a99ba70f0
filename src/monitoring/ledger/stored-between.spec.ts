import { describe, expect, it } from 'vitest';
import type { NodeRun } from '../../messaging/ledger/ledger-reader.js';
import { DEFAULT_NAMESPACES, type NamespacePolicy } from '../../config/namespace-policy.js';
import { storedBetween } from './stored-between.js';

const NOW = 1_000_000;
const durable = DEFAULT_NAMESPACES['default'] as NamespacePolicy;
const ephemeral: NamespacePolicy = { ...durable, durable: false };
const run = (no: number, startedAt: number): NodeRun => ({
  run: no,
  node: 'n',
  startedAt,
  recordedTo: NOW,
  endedAt: undefined,
  lostAt: undefined,
  gaps: [],
  kept: {},
});
const RUNS = [run(1, 100), run(2, 200_000)];
const MARKS = [
  { seq: 3, at: 300_000 },
  { seq: 7, at: 400_000 },
  { seq: 9, at: 500_000 },
];

describe('when a message was stored', () => {
  it.each([
    ['that still stands: its moment', 5, 123, durable, MARKS, [123, 123]],
    ['between two marks, with room for one that was handed out late', 5, undefined, durable, MARKS, [290_000, 400_000]],
    ['at a mark: not after it', 7, undefined, ephemeral, MARKS, [290_000, 400_000]],
    ['after the last mark: until now', 10, undefined, ephemeral, MARKS, [490_000, NOW]],
    ['before the first mark, ephemeral: since the node that handed it out began', 2, undefined, ephemeral, MARKS, [200_000, 300_000]],
    ['soon after the node began, ephemeral: not before that', 5, undefined, ephemeral, [{ seq: 3, at: 203_000 }], [200_000, NOW]],
    ['before the first mark, durable: at any time', 2, undefined, durable, MARKS, undefined],
    ['of a topic that nobody handed out: at any time', 2, undefined, ephemeral, undefined, undefined],
  ])('%s', (_name, seq, at, policy, marks, expected) => {
    const progress = marks === undefined ? [] : [{ run: 2, marks }];
    expect(storedBetween({ at, seq, policy }, progress, RUNS, NOW)).toEqual(expected);
  });
});
