import { describe, expect, it } from 'vitest';
import { fieldOf, ofField, rangeOf } from './time-range.ts';

const NOW = 1_795_319_944_239;

describe('how far back a list reaches', () => {
  it('means the same for a minute', () => {
    const range = rangeOf('1h', '', '', NOW);
    expect(range).toEqual({ from: 1_795_316_340_000 });
    expect(rangeOf('1h', '', '', NOW + 10_000)).toEqual(range);
  });

  it('is everything where nothing was chosen, or nothing understood', () => {
    expect(rangeOf('', '1', '2', NOW)).toEqual({});
    expect(rangeOf('between', 'x', '', NOW)).toEqual({});
  });

  it('takes both ends', () => {
    expect(rangeOf('between', '1000', '2000', NOW)).toEqual({ from: 1_000, to: 2_000 });
  });

  it.each(['local', 'utc'] as const)('keeps a minute that was entered (%s)', (zone) => {
    expect(fieldOf(ofField('2026-11-22T04:30', zone), zone)).toBe('2026-11-22T04:30');
    expect(ofField('', zone)).toBe('');
  });
});
