import { describe, expect, it } from 'vitest';
import { fateOf, isSettled, verdictOf } from './verdict.ts';
import type { Totals, Waybill } from './waybill-answer.ts';

function waybill(change: Partial<Waybill>): Waybill {
  return {
    message: { msg_id: 'm', action: 'a', bytes: 2 },
    position: { topic: 't', epoch: 'e', seq: 2, head: 3, state: 'stored' },
    origin: null,
    ledger: 'receipts',
    nodes: [],
    totals: {},
    recipients: [],
    as_of: 0,
    ...change,
  };
}

describe('the answer of a waybill', () => {
  it.each<[Totals, string, string, string]>([
    [{ acked: 3 }, 'good', 'Given to all 3 subscriptions', 'Every one of them acknowledged it.'],
    [{ written: 1 }, 'good', 'Given to the one subscription it was owed to', 'not known whether it was processed'],
    [{ acked: 1, written: 2 }, 'good', 'Given to all 3 subscriptions', '1 acknowledged it'],
    [
      { acked: 17, written: 12, not_written: 1, fetched: 1 },
      'bad',
      'Given to 29 of 30 subscriptions',
      '1 not written. 1 user read it from history.',
    ],
    [{ written: 4, queued: 2 }, 'warn', 'Given to 4 of 6 subscriptions', '2 queued.'],
    [{ written: 4, unknown: 1, unconfirmed: 2 }, 'quiet', 'Given to 4 of 7 subscriptions', '2 unconfirmed, 1 unknown.'],
    [{ dropped: 1, queued: 1 }, 'bad', 'Given to 0 of 2 subscriptions', '1 queued, 1 dropped.'],
    [{ fetched: 2 }, 'good', 'Read from history', '2 users read it from history.'],
    [{ not_subscribed: 1 }, 'warn', 'Given to nobody: its user was not subscribed', 'waits in history'],
    [{}, 'quiet', 'Owed to nobody', 'No node followed the topic'],
  ])('%j is %s: %s', (totals, tone, headline, detail) => {
    const verdict = verdictOf(waybill({ totals }));
    expect([verdict.tone, verdict.headline]).toEqual([tone, headline]);
    expect(verdict.detail).toContain(detail);
  });

  it('says that nothing is recorded where the ledger is off', () => {
    expect(verdictOf(waybill({ ledger: 'off' })).headline).toBe('Nothing is recorded of its recipients');
  });

  it('says why there are no totals', () => {
    const { headline, detail } = verdictOf(waybill({ totals: null, totals_missing: 'so many subscriptions' }));
    expect([headline, detail]).toEqual(['Too many recipients to count', 'So many subscriptions.']);
  });

  it('has a sentence for every state but the ordinary one', () => {
    expect(fateOf('stored')).toBeUndefined();
    for (const state of ['erased', 'expired', 'not_buffered', 'earlier_epoch'] as const) expect(fateOf(state)?.means).toMatch(/\.$/);
  });

  it.each<[Partial<Waybill>, boolean]>([
    [{ totals: { written: 2 } }, true],
    [{ totals: { queued: 1 } }, false],
    [{ totals: { pending: 1 } }, false],
    [{ totals: null, recipients: [{ user: 'u', outcome: 'unknown', reason: 'not_recorded_yet' }] }, false],
    [{ totals: { queued: 1 }, position: { topic: 't', epoch: 'e', seq: 2, head: 3, state: 'expired' } }, true],
  ])('%j is settled: %s', (change, settled) => {
    expect(isSettled(waybill(change))).toBe(settled);
  });
});
