import { describe, expect, it } from 'vitest';
import type { CanaryRun } from '../../api/summary.ts';
import { roundTrips, sentenceOf, timed } from './canary-report.ts';

const ok = (at: number, ms: number): CanaryRun => ({ path: 'live', result: 'ok', at, round_trip_ms: ms, hops: [] });
const failed = (at: number): CanaryRun => ({ path: 'live', result: 'failed', at, hops: [], broken: 'bus', detail: 'gone' });

describe('a canary', () => {
  it('says how long each hop took, not only when it was passed', () => {
    const hops = timed([
      { hop: 'connect', state: 'kept' },
      { hop: 'publish', state: 'ok', at_ms: 1 },
      { hop: 'bus', state: 'ok', at_ms: 4 },
      { hop: 'socket', state: 'failed' },
    ]);
    expect(hops.map(({ took_ms: took }) => took)).toEqual([undefined, 1, 3, undefined]);
  });

  it('draws a run that did not come back as a hole, the oldest first', () => {
    expect(roundTrips([ok(30, 3), failed(20), ok(10, 1)])).toEqual({ times: [10, 20, 30], values: [1, null, 3] });
  });

  it.each([
    [{ failed_in_row: 0, history: [] }, 'It has not run yet.'],
    [{ last: ok(2, 1), failed_in_row: 0, history: [ok(2, 1), ok(1, 1)] }, 'All of the last 2 came back.'],
    [{ last: ok(2, 1), failed_in_row: 0, history: [ok(2, 1), failed(1)] }, '1 of the last 2 did not come back.'],
    [{ last: failed(2), failed_in_row: 2, history: [failed(2), failed(1)] }, 'The last 2 did not come back.'],
    [
      { last: { path: 'stored', result: 'skipped', at: 1, hops: [], detail: 'the node drains' }, failed_in_row: 0, history: [] },
      'The last was skipped: the node drains.',
    ],
  ] as const)('%o', (report, sentence) => {
    expect(sentenceOf({ path: 'live', ...report })).toBe(sentence);
  });
});
