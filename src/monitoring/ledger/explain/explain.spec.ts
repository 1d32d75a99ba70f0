import { describe, expect, it } from 'vitest';
import { Config } from '../../../config/config.js';
import { policyOf } from '../../../config/namespace-policy.js';
import type { ConnectionView } from '../../../messaging/gateway-control.js';
import type { FoundReceipt } from '../../../messaging/ledger/ledger-reader.js';
import { outcomeOf } from '../../../messaging/ledger/outcome.js';
import type { Receipt } from '../../../messaging/ledger/receipt.js';
import type { RefusalRecord } from '../../../messaging/ledger/refusal-record.js';
import { bestOf } from '../best-outcome.js';
import type { LocatedMessage } from '../located-message.js';
import { explanationOf } from './explain.js';
import type { CoveringReceipt, Findings } from './findings.js';

const STORED = Date.UTC(2026, 10, 21, 12, 0, 0);
const SECOND = 1_000;
const NOW = STORED + 600 * SECOND;

const connection = (change: Partial<ConnectionView> = {}): ConnectionView => ({
  id: 'c-1',
  ref: 'K7Q2',
  user: 'alice',
  roles: [],
  state: 'open',
  address: '192.0.2.7',
  node: 'n1',
  protocol: 'ws',
  opened_at: STORED - 60 * SECOND,
  age_ms: 1,
  queued_bytes: 0,
  queued_frames: 0,
  queued_ms: 0,
  dropped_messages: 0,
  max_queued_bytes: 0,
  frames_in: 0,
  frames_out: 0,
  bytes_in: 0,
  bytes_out: 0,
  topics: [],
  ...change,
});

const closed = (at: number, code: number, reason: string, change: Partial<ConnectionView> = {}): ConnectionView =>
  connection({ state: 'closed', closed_at: at, close: { code, reason, initiator: 'server' }, ...change });

const MESSAGE: LocatedMessage = {
  topic: 'orders.42',
  epoch: 'e1',
  seq: 13,
  fate: 'stored',
  at: STORED,
  ends: { epoch: 'e1', head: 20, floor: 0 },
  policy: policyOf(Config.from({}).messaging.namespaces, 'orders'),
  message: {
    topic: 'orders.42',
    epoch: 'e1',
    seq: 13,
    msgId: 'm-13',
    publisher: 'key:shop',
    action: 'order.submitted',
    dataText: '{"order":1}',
    timestamp: STORED - 2,
    clientTimestamp: undefined,
    door: 'rest',
    trace: undefined,
    storedAt: STORED,
    erased: false,
  },
};

function covering(change: Partial<Receipt>, state: FoundReceipt['state'], view?: ConnectionView): CoveringReceipt {
  const receipt: Receipt = {
    no: 1,
    topic: 'orders.42',
    epoch: 'e1',
    connection: 'c-1',
    user: 'alice',
    openedAt: STORED - 50 * SECOND,
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
    ...change,
  };
  const found: FoundReceipt = { receipt, node: 'n1', run: 1, state };
  const judgement = outcomeOf(receipt, state, 13);
  const isGiven = judgement.outcome === 'acked' || judgement.outcome === 'written';
  return { found, judgement, connection: view, writtenBetween: isGiven ? [STORED, STORED + 80] : undefined };
}

const NOBODY = { now: [], during: [], before: undefined, after: undefined };

function findings(change: Partial<Findings> = {}): Findings {
  const best = bestOf([
    ...(change.covering ?? []).map(({ judgement }) => judgement.outcome),
    ...(change.fetches ?? []).map(() => 'fetched' as const),
  ]);
  const absence = change.absence ?? (best === undefined ? { outcome: 'not_subscribed' as const } : undefined);
  return {
    user: 'alice',
    topic: 'orders.42',
    now: NOW,
    isKnown: true,
    erasedAt: undefined,
    keptOut: [],
    right: { allowed: true, rule: 'claims.topics.subscribe', detail: 'allowed by claims.topics.subscribe' },
    refused: { connect: undefined, subscribe: undefined },
    connections: NOBODY,
    receipts: [],
    subscribedElsewhere: [],
    missing: [],
    located: MESSAGE,
    covering: [],
    fetches: [],
    endedBy: new Map(),
    ...change,
    absence,
    outcome: best ?? absence?.outcome ?? 'unknown',
  };
}

const refusal = (change: Partial<RefusalRecord> = {}): RefusalRecord => ({
  kind: 'subscribe',
  code: 'PERMISSION_DENIED',
  rule: 'claims.topics.subscribe',
  message: 'alice may not subscribe to orders.42: rule claims.topics.subscribe does not cover it',
  topic: 'orders.42',
  connection: 'c-1',
  ref: 'K7Q2',
  firstAt: STORED - 40 * SECOND,
  lastAt: STORED - 40 * SECOND,
  count: 1,
  ...change,
});

const OPEN = { kind: 'open' } as const;
const CLOSED = { kind: 'closed' } as const;
const gone = (change: Partial<LocatedMessage>): LocatedMessage => ({ ...MESSAGE, message: undefined, at: undefined, ...change });

/** What was found, the outcome, and words that the answer must have. */
const ROWS: readonly [string, Partial<Findings>, string, readonly string[]][] = [
  [
    'acknowledged',
    { covering: [covering({ acked: 14 }, OPEN, connection())] },
    'acked',
    ['K7Q2 on node n1', '12:00:00.080', 'acknowledged it'],
  ],
  [
    'written',
    { covering: [covering({}, OPEN, connection())] },
    'written',
    ['between 2026-11-21 12:00:00.000 UTC', 'not known whether it was processed'],
  ],
  [
    'written, and the connection broke',
    { covering: [covering({ closedAt: STORED + 2_080 }, CLOSED, closed(STORED + 2_080, 1006, 'no close frame'))] },
    'written',
    ['ended at 2026-11-21 12:00:02.080 UTC with 1006 (no close frame), 2.0 s later', 'may not have arrived'],
  ],
  [
    'caught up on reconnect',
    {
      covering: [covering({ recoveredTo: 20, openedAt: STORED + 50 * SECOND }, OPEN, connection({ ref: 'NEW2' }))],
      connections: { ...NOBODY, before: closed(STORED - 5 * SECOND, 1001, '', { ref: 'OLD1' }) },
    },
    'written',
    ['was away when it was stored', 'OLD1 had ended', 'connection NEW2', 'asked for what it had missed'],
  ],
  [
    'read from history by REST',
    {
      covering: [covering({ written: 9, handed: 9, offered: 20, closedAt: STORED + 1 }, CLOSED)],
      fetches: [
        {
          fetch: { topic: 'orders.42', epoch: 'e1', from: 1, to: 20, user: 'alice', connection: undefined, at: STORED + 9 * SECOND },
          connection: undefined,
        },
      ],
    },
    'fetched',
    ['read it from history at 2026-11-21 12:00:09.000 UTC, by REST', 'not written'],
  ],
  [
    'queued',
    { covering: [covering({ written: 9, handed: 10 }, OPEN, connection({ queued_bytes: 300_000, queued_ms: 7_400 }))] },
    'queued',
    ['293.0 KiB wait there, the oldest for 7.4 s', 'waybill slow'],
  ],
  ['pending', { covering: [covering({ offered: 12, written: 12 }, OPEN, connection())] }, 'pending', ['on its way', 'Ask again']],
  [
    'dropped',
    { covering: [covering({ exceptions: [{ from: 12, to: 14, reason: 'slow_consumer' }] }, OPEN, connection())] },
    'dropped',
    ['read too slowly', 'told of the gap', 'comes again when'],
  ],
  [
    'unconfirmed',
    { covering: [covering({ written: 9, handed: 15, closedAt: STORED + 1 }, CLOSED, closed(STORED + 1, 4450, 'write stalled'))] },
    'unconfirmed',
    ['not known whether alice got it', '4450 (write stalled)', 'has not been back'],
  ],
  [
    'a stalled phone',
    { covering: [covering({ written: 9, handed: 10, closedAt: STORED + SECOND }, CLOSED, closed(STORED + SECOND, 4408, 'slow consumer'))] },
    'not_written',
    [
      'did not get it on connection K7Q2',
      '4408 (slow consumer)',
      'before the message could be written',
      'has not been back in the 10 min since',
    ],
  ],
  [
    'kicked while it waited, and who did it',
    {
      covering: [covering({ written: 9, handed: 10, closedAt: STORED }, CLOSED, closed(STORED, 4400, 'disconnected by an operator'))],
      endedBy: new Map([['c-1', 'operator:ada']]),
    },
    'not_written',
    ['4400 (disconnected by an operator), by operator:ada'],
  ],
  [
    'came back beyond it',
    {
      covering: [covering({ written: 9, handed: 9, closedAt: STORED + 1 }, CLOSED)],
      receipts: [covering({ after: 18, openedAt: STORED + 5 * SECOND }, OPEN).found],
    },
    'not_written',
    ['next subscription, at 2026-11-21 12:00:05.000 UTC, went on after message 18'],
  ],
  ['its node was lost', { covering: [covering({}, { kind: 'lost', recorded: 9 })] }, 'unknown', ['node n1 was lost']],
  [
    'on another node that lags',
    { covering: [covering({}, { kind: 'remote', recorded: 9 })] },
    'unknown',
    ['not recorded that far', 'few seconds'],
  ],
  [
    'several connections: the best counts',
    {
      covering: [
        covering({ written: 9, handed: 9, closedAt: STORED + 1 }, CLOSED),
        covering({ acked: 13 }, OPEN, connection({ ref: 'TAB2' })),
      ],
    },
    'acked',
    ['TAB2'],
  ],
  ['nobody knows them', { isKnown: false }, 'not_subscribed', ['There is no record of a user named alice', 'spelling']],
  [
    'refused to subscribe',
    { connections: { ...NOBODY, during: [connection()] }, refused: { connect: undefined, subscribe: refusal() } },
    'not_subscribed',
    ['were connected (K7Q2)', 'refused at 2026-11-21 11:59:20.000 UTC on connection K7Q2: alice may not subscribe'],
  ],
  [
    'connected, but never asked',
    { connections: { ...NOBODY, during: [connection()], now: [connection()] } },
    'not_subscribed',
    ['were connected (K7Q2), but had not asked to subscribe', 'still in history'],
  ],
  [
    'had unsubscribed',
    {
      connections: { ...NOBODY, during: [connection()] },
      receipts: [covering({ closedAt: STORED - 3 * SECOND, head: 12 }, CLOSED).found],
    },
    'not_subscribed',
    ['their subscription had ended at 2026-11-21 11:59:57.000 UTC'],
  ],
  [
    'kicked before it, and not back',
    {
      connections: { ...NOBODY, before: closed(STORED - 4 * SECOND, 4500, 'disconnected by an operator, for good') },
      endedBy: new Map([['c-1', 'operator:ada']]),
    },
    'not_subscribed',
    ['K7Q2', '4500 (disconnected by an operator, for good), by operator:ada, 4.0 s before', 'not been back'],
  ],
  [
    'a token that expired',
    {
      connections: {
        ...NOBODY,
        before: closed(STORED - SECOND, 4401, 'token expired'),
        after: connection({ ref: 'NEW2', opened_at: STORED + SECOND }),
      },
    },
    'not_subscribed',
    ['4401 (token expired)', 'came back at 2026-11-21 12:00:01.000 UTC (connection NEW2), but have not subscribed'],
  ],
  [
    'blocked',
    {
      keptOut: [{ kind: 'block', at: STORED - 9 * SECOND, until: undefined, issuedBefore: undefined, by: 'key:ops', reason: 'flooding' }],
      connections: { ...NOBODY, before: closed(STORED - 9 * SECOND, 4503, 'this user is blocked') },
    },
    'not_subscribed',
    ['4503', 'blocked since 2026-11-21 11:59:51.000 UTC by key:ops (flooding)', 'waybill unblock alice'],
  ],
  [
    'refused to connect',
    {
      refused: {
        subscribe: undefined,
        connect: refusal({ kind: 'connect', topic: undefined, ref: undefined, message: 'The token expired', count: 7 }),
      },
    },
    'not_subscribed',
    ['No connection of theirs is recorded', 'refused 7 times', 'The token expired'],
  ],
  [
    'came later and asked for nothing',
    {
      receipts: [covering({ after: 20, openedAt: STORED + SECOND }, OPEN).found],
      connections: { ...NOBODY, after: connection({ opened_at: STORED + SECOND }) },
    },
    'not_subscribed',
    ['subscribed at 2026-11-21 12:00:01.000 UTC, from after message 20 on'],
  ],
  ['the ledger is off', { absence: { outcome: 'unknown', reason: 'ledger_off' } }, 'unknown', ['keeps no receipts']],
  [
    'erased',
    { erasedAt: NOW - SECOND, absence: { outcome: 'unknown', reason: 'erased' } },
    'unknown',
    ['erased on 2026-11-21 12:09:59.000 UTC'],
  ],
  [
    'a lost node, without a receipt',
    {
      absence: {
        outcome: 'unknown',
        reason: 'node_lost',
        run: { run: 2, node: 'n2', startedAt: 0, recordedTo: STORED, endedAt: undefined, lostAt: STORED + 1, gaps: [], kept: {} },
      },
    },
    'unknown',
    ['node n2 was lost about that time'],
  ],
  ['a gap of the ledger', { absence: { outcome: 'unknown', reason: 'ledger_gap' } }, 'unknown', ['dropped records']],
  ['receipts of its time are gone', { absence: { outcome: 'unknown', reason: 'too_old' } }, 'unknown', ['kept for 7 days']],
  [
    'an ephemeral message that is in no buffer',
    { located: gone({ fate: 'not_buffered' }), absence: { outcome: 'unknown', reason: 'not_dated' } },
    'unknown',
    ['ephemeral and is in no buffer'],
  ],
  [
    'a message past its retention, with its receipt',
    { located: gone({ fate: 'expired' }), covering: [covering({ written: 9, handed: 9, closedAt: STORED }, CLOSED)] },
    'not_written',
    ['cannot be had again'],
  ],
];

describe('an explanation', () => {
  it.each(ROWS)('says it in plain words: %s', (_name, change, outcome, words) => {
    const told = explanationOf(findings(change));
    expect(told.outcome).toBe(outcome);
    for (const word of words) expect(told.answer).toContain(word);
    expect(told.answer).not.toMatch(/undefined|NaN|\.\.|\s{2}|not_|_/);
    expect(told.answer.split(/[.:] /).length).toBeLessThan(12);
    expect(told.steps.map(({ step }) => step)).toEqual(
      expect.arrayContaining(['message', 'ledger', 'user', 'right', 'connection', 'subscription', 'catch_up']),
    );
    for (const { detail } of told.steps) expect(detail).not.toMatch(/undefined|NaN/);
  });

  it('tells each link of the chain of a message that was given', () => {
    const { steps } = explanationOf(
      findings({ covering: [covering({ acked: 14 }, OPEN, connection())], connections: { ...NOBODY, during: [connection()] } }),
    );
    expect(steps.map(({ step, result }) => `${step} ${result}`)).toEqual([
      'message stored',
      'ledger kept',
      'user known',
      'right allowed',
      'connection connected',
      'subscription open',
      'node known',
      'queue passed',
      'write written',
      'ack acked',
      'catch_up none',
    ]);
  });

  it('tells at most five subscriptions, and that there are more', () => {
    const many = Array.from({ length: 9 }, () => covering({}, OPEN, connection()));
    const { steps } = explanationOf(findings({ covering: many }));
    expect(steps.filter(({ step }) => step === 'subscription').map(({ result }) => result)).toEqual([
      'more',
      'open',
      'open',
      'open',
      'open',
      'open',
    ]);
  });
});
