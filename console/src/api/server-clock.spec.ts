import { describe, expect, it } from 'vitest';
import { learnServerTime, serverAheadMs } from './server-clock.ts';

describe('the gateway’s clock', () => {
  it('is known from the date of an answer, and kept where one has none', () => {
    const now = Date.parse('2026-11-22T04:30:00Z');
    learnServerTime('Sun, 22 Nov 2026 05:00:00 GMT', now);
    expect(serverAheadMs()).toBe(1_800_000);
    learnServerTime(null, now);
    learnServerTime('yesterday', now);
    expect(serverAheadMs()).toBe(1_800_000);
  });
});
