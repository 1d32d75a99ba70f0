import { describe, expect, it } from 'vitest';
import type { FoundReceipt, NodeRun } from '../../messaging/ledger/ledger-reader.js';
import { type AbsenceFacts, judgeAbsence } from './absence.js';

const HOUR = 3_600_000;
const NOW = 1_000 * HOUR;
const STORED = NOW - HOUR;

const run = (change: Partial<NodeRun> = {}): NodeRun => ({
  run: 1,
  node: 'here',
  startedAt: NOW - 100 * HOUR,
  recordedTo: NOW,
  endedAt: undefined,
  lostAt: undefined,
  gaps: [],
  kept: { default: 168 * 3_600, quiet: -1 },
  ...change,
});
const OLDER: NodeRun = run({ run: 7, node: 'old', startedAt: NOW - 200 * HOUR, recordedTo: NOW - 50 * HOUR, endedAt: NOW - 50 * HOUR });

const receipt = (after: number, openedAt: number, epoch = 'e'): FoundReceipt => ({
  node: 'here',
  run: 1,
  state: { kind: 'closed' },
  receipt: {
    no: 1,
    topic: 't',
    epoch,
    connection: 'c',
    user: 'u',
    openedAt,
    after,
    recoveredTo: 0,
    offered: after,
    handed: after,
    written: after,
    acked: 0,
    lagged: false,
    exceptions: [],
    head: after,
    closedAt: openedAt + 1,
  },
});

const facts = (change: Partial<AbsenceFacts> = {}): AbsenceFacts => ({
  seq: 10,
  epoch: 'e',
  stored: [STORED, STORED],
  now: NOW,
  node: 'here',
  upToDate: new Set(),
  namespace: 't',
  ledger: 'receipts',
  ledgerAgeMs: 168 * HOUR,
  runs: [OLDER, run()],
  receipts: [],
  erasedAt: undefined,
  ...change,
});

const other = (change: Partial<NodeRun>): readonly NodeRun[] => [OLDER, run(), run({ run: 2, node: 'other', ...change })];

/** Without a receipt that covers the message: the facts, and why nothing is known. `-`: then it is known that they were not subscribed. */
const ROWS: readonly [string, Partial<AbsenceFacts>, string][] = [
  ['the only node is this one', {}, '-'],
  ['the message was stored this moment', { stored: [NOW, NOW] }, '-'],
  ['this node recorded last a while ago, but has the rest in memory', { runs: [OLDER, run({ recordedTo: NOW - 2 * HOUR })] }, '-'],
  ['the ledger is off for the namespace', { ledger: 'off' }, 'ledger_off'],
  ['when it was stored is not known', { stored: undefined }, 'not_dated'],
  [
    'it is known only that it was stored after another node was lost',
    { stored: [STORED, STORED + HOUR / 2], runs: other({ recordedTo: STORED - 20_000, lostAt: STORED - 1 }) },
    '-',
  ],
  [
    'it may have been stored before another node was lost',
    { stored: [STORED - HOUR, STORED], runs: other({ recordedTo: STORED - 20_000, lostAt: STORED - 1 }) },
    'node_lost',
  ],
  ['it may have been stored before the first run', { stored: [NOW - 300 * HOUR, STORED], ledgerAgeMs: 0 }, 'before_ledger'],
  ['a run that was there then kept no receipts of the namespace', { namespace: 'quiet' }, 'ledger_off'],
  ['a run that was there then kept receipts of nothing', { runs: [OLDER, run({ kept: { default: -1 } })] }, 'ledger_off'],
  ['a run that had ended before kept none', { runs: [{ ...OLDER, kept: { default: -1 } }, run()] }, '-'],
  ['a run has removed receipts of that time, which would be kept now', { runs: [OLDER, run({ kept: { default: 3_599 } })] }, 'too_old'],
  ['the user was erased since', { erasedAt: NOW - 1 }, 'erased'],
  ['the user was erased before', { erasedAt: STORED - 1 }, '-'],
  ['receipts of that time are past their retention', { ledgerAgeMs: HOUR - 1 }, 'too_old'],
  ['receipts are kept for ever', { ledgerAgeMs: 0, runs: [OLDER, run({ kept: { default: 0 } })] }, '-'],
  ['no run is known from before it', { runs: [run({ startedAt: STORED + 1 })] }, 'before_ledger'],
  ['nothing at all is known of runs', { runs: [] }, 'before_ledger'],
  ['another node that lives has recorded past it', { runs: other({}) }, '-'],
  ['another node that lives has not recorded past it', { runs: other({ recordedTo: STORED + 9_999 }) }, 'node_behind'],
  ['another node ended in order before its last record was that young', { runs: other({ recordedTo: STORED, endedAt: STORED + 1 }) }, '-'],
  ['another node was lost before', { runs: other({ recordedTo: STORED - 20_000, lostAt: STORED - 10_000 }) }, '-'],
  ['another node was lost soon after', { runs: other({ recordedTo: STORED + 5_000, lostAt: STORED + 6_000 }) }, 'node_lost'],
  ['another node was lost long after it recorded it', { runs: other({ recordedTo: STORED + 60_000, lostAt: STORED + 61_000 }) }, '-'],
  [
    'another node began later and was lost at once',
    { runs: other({ startedAt: STORED + 1, recordedTo: STORED + 2, lostAt: STORED + 3 }) },
    'node_lost',
  ],
  [
    'an earlier run of this very node was lost soon after',
    { runs: [OLDER, run({ run: 3, startedAt: STORED + HOUR / 2 }), run({ run: 2, recordedTo: STORED, lostAt: STORED + HOUR / 2 })] },
    'node_lost',
  ],
  [
    'after the loss of a node the client went on beyond it',
    { runs: other({ recordedTo: STORED + 60_000, lostAt: STORED + 61_000 }), receipts: [receipt(10, STORED + 70_000)] },
    'node_lost',
  ],
  [
    'the client was beyond it before the node was lost, too',
    {
      runs: other({ recordedTo: STORED + 60_000, lostAt: STORED + 61_000 }),
      receipts: [receipt(12, STORED + 70_000), receipt(10, STORED + 1_000)],
    },
    '-',
  ],
  [
    'what the client went on with was another epoch',
    { runs: other({ recordedTo: STORED + 60_000, lostAt: STORED + 61_000 }), receipts: [receipt(10, STORED + 70_000, 'f')] },
    '-',
  ],
  [
    'what the client had was before it',
    { runs: other({ recordedTo: STORED + 60_000, lostAt: STORED + 61_000 }), receipts: [receipt(3, STORED - 70_000)] },
    '-',
  ],
  ['records of its time were dropped', { runs: [OLDER, run({ gaps: [{ from: STORED - 5, to: STORED + 5 }] })] }, 'ledger_gap'],
  [
    'records of a later time were dropped',
    { runs: [OLDER, run({ gaps: [{ from: STORED + 60_000, to: STORED + 61_000 }] })] },
    'ledger_gap',
  ],
  ['records of an earlier time were dropped', { runs: [OLDER, run({ gaps: [{ from: STORED - 61_000, to: STORED - 60_000 }] })] }, '-'],
  [
    'a run that ended dropped records',
    { runs: [run(), { ...OLDER, endedAt: NOW - 1, gaps: [{ from: STORED, to: STORED }] }] },
    'ledger_gap',
  ],
];

describe('a message and a user without a record of each other', () => {
  it.each(ROWS)('%s', (_name, change, expected) => {
    const absence = judgeAbsence(facts(change));
    expect(absence.outcome === 'not_subscribed' ? '-' : absence.reason).toBe(expected);
  });
});
