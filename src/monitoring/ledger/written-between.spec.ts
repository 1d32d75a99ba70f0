import { describe, expect, it } from 'vitest';
import type { FoundReceipt, NodeProgress, NodeRun } from '../../messaging/ledger/ledger-reader.js';
import type { Receipt } from '../../messaging/ledger/receipt.js';
import { type SpanFacts, writtenBetween } from './written-between.js';

const RECEIPT: Receipt = {
  no: 1,
  topic: 't',
  epoch: 'e',
  connection: 'c',
  user: 'u',
  openedAt: 1_000,
  after: 5,
  recoveredTo: 0,
  offered: 20,
  handed: 20,
  written: 20,
  acked: 0,
  lagged: false,
  exceptions: [],
  head: 20,
  closedAt: undefined,
};
const PROGRESS: readonly NodeProgress[] = [
  { run: 2, node: 'other', seq: 20, marks: [{ seq: 20, at: 1 }] },
  {
    run: 1,
    node: 'n',
    seq: 20,
    marks: [
      { seq: 8, at: 2_000 },
      { seq: 12, at: 3_000 },
      { seq: 20, at: 4_000 },
    ],
  },
];
const LOST: NodeRun = { run: 1, node: 'n', startedAt: 0, recordedTo: 4_500, endedAt: undefined, lostAt: 5_000, gaps: [], kept: {} };

function spanOf(receipt: Partial<Receipt> = {}, facts: Partial<SpanFacts> = {}, state: FoundReceipt['state'] = { kind: 'open' }) {
  const found = { receipt: { ...RECEIPT, ...receipt }, node: 'n', run: 1, state };
  return writtenBetween(found, { seq: 10, acceptedAt: undefined, now: 9_000, progress: PROGRESS, runs: [LOST], ...facts });
}

describe('the time within which a message was written', () => {
  it.each<[string, readonly [number, number], readonly [number, number]]>([
    ['lies between two marks of its node', spanOf(), [2_000, 3_000]],
    ['begins with the mark before, and ends with the one of its own', spanOf({}, { seq: 12 }), [2_000, 3_000]],
    ['begins with the receipt where there is no mark before', spanOf({}, { seq: 7 }), [1_000, 2_000]],
    ['ends now where there is no mark after it', spanOf({}, { seq: 21 }), [4_000, 9_000]],
    ['never begins before the message was accepted', spanOf({}, { acceptedAt: 2_700 }), [2_700, 3_000]],
    ['does not believe a clock that is ahead', spanOf({}, { acceptedAt: 3_500 }), [2_000, 3_000]],
    ['never begins before the receipt', spanOf({ openedAt: 2_900 }), [2_900, 3_000]],
    ['never ends after the receipt', spanOf({ closedAt: 2_500 }), [2_000, 2_500]],
    ['is the life of the receipt where it came from history', spanOf({ recoveredTo: 12, closedAt: 7_000 }), [1_000, 7_000]],
    ['is the life of the receipt where something had to wait', spanOf({ lagged: true }), [1_000, 9_000]],
    ['ends with the loss of the node', spanOf({ lagged: true }, {}, { kind: 'lost', recorded: 20 }), [1_000, 5_000]],
    [
      'has both ends where all clocks disagree',
      spanOf({ openedAt: 8_000, closedAt: 7_000 }, { acceptedAt: 9_000, progress: [] }),
      [7_000, 7_000],
    ],
  ])('%s', (_name, found, expected) => expect(found).toEqual(expected));
});
