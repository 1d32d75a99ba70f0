import { describe, expect, it } from 'vitest';
import { FLIGHT_EVENTS } from '../../../../src/messaging/ledger/connection-record.js';
import { countsOf, groupOf, offsetOf, roundTripsOf, wordsOf } from './flight-words.ts';

describe('a timeline in words', () => {
  it('has words of its own for every kind that the flight recorder keeps', () => {
    for (const kind of FLIGHT_EVENTS) {
      const said = wordsOf({ at: 0, kind, detail: '7' });
      expect(said, kind).not.toContain('_');
      expect(said.startsWith(`${kind} 7`), kind).toBe(false);
    }
  });

  it('shows a kind that it does not know as it came', () => {
    const event = { at: 0, kind: 'teleported', detail: 'away' };
    expect([wordsOf(event), groupOf(event)]).toEqual(['teleported away', 'life']);
  });

  it.each([
    [0, '-0.000 s'],
    [9_876, '-9.876 s'],
    [58_310, '-58.3 s'],
    [125_000, '-2 min 5 s'],
    // A clock that was put back.
    [-5, '-0.000 s'],
  ])('%i ms before the end is %s', (before, said) => {
    expect(offsetOf(1_000_000 - before, 1_000_000)).toBe(said);
  });

  it('takes the round trips out, and counts by group', () => {
    const events = [
      { at: 1, kind: 'connected', detail: 'here' },
      { at: 2, kind: 'round_trip', detail: 3.5 },
      { at: 3, kind: 'dropped', detail: 2 },
      { at: 4, kind: 'round_trip', detail: '4' },
    ];
    expect(roundTripsOf(events)).toEqual({ times: [2, 4], values: [3.5, 4] });
    expect(countsOf(events)).toEqual({ life: 1, topics: 0, slow: 1, refused: 0, pings: 2 });
  });
});
