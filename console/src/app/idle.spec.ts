import { describe, expect, it } from 'vitest';
import { standingAt, WARN_MS } from './idle.ts';

const times = { touchedAt: 0, idleMs: 1_800_000, expiresAt: 43_200_000 };

describe('a session that nobody uses', () => {
  it.each([
    [1_000, times, { state: 'fine' }],
    [1_800_000 - WARN_MS - 1, times, { state: 'fine' }],
    [1_800_000 - WARN_MS, times, { state: 'ending', why: 'idle', leftMs: WARN_MS }],
    [1_800_000, times, { state: 'ended', why: 'idle' }],
    [43_199_000, { ...times, touchedAt: 43_190_000 }, { state: 'ending', why: 'age', leftMs: 1_000 }],
    [43_200_001, { ...times, touchedAt: 43_200_000 }, { state: 'ended', why: 'age' }],
  ] as const)('stands after %i ms: %o', (now, at, standing) => {
    expect(standingAt(now, at)).toEqual(standing);
  });
});
