import { describe, expect, it } from 'vitest';
import { momentOf } from './moment.ts';

const NOW = Date.UTC(2026, 10, 22, 15, 4, 31);

describe('a moment as it is typed', () => {
  it.each([
    ['30m', Date.UTC(2026, 10, 22, 14, 34)],
    ['2h', Date.UTC(2026, 10, 22, 13, 4)],
    ['1d', Date.UTC(2026, 10, 21, 15, 4)],
    ['90 s', Date.UTC(2026, 10, 22, 15, 3)],
    ['14:00', Date.UTC(2026, 10, 22, 14, 0)],
    ['14:00:05', Date.UTC(2026, 10, 22, 14, 0, 5)],
    ['2026-11-20', Date.UTC(2026, 10, 20)],
    ['2026-11-20 10:30', Date.UTC(2026, 10, 20, 10, 30)],
    ['2026-11-20T10:30:01.5Z', Date.UTC(2026, 10, 20, 10, 30, 1, 500)],
    ['2026-11-20T10:30+02:00', Date.UTC(2026, 10, 20, 8, 30)],
  ])('reads %s', (text, at) => {
    expect(momentOf(text, 'utc', NOW)).toBe(at);
  });

  it.each(['', 'yesterday', '25', '2026-13-40', '<b>'])('does not read %j', (text) => {
    expect(momentOf(text, 'utc', NOW)).toBeUndefined();
  });

  it('stands still within a minute', () => {
    expect(momentOf('1h', 'utc', NOW)).toBe(momentOf('1h', 'utc', NOW + 20_000));
  });

  it('takes a time without a zone for the one that the reader chose', () => {
    expect(momentOf('2026-11-20 10:30', 'local', NOW)).toBe(new Date(2026, 10, 20, 10, 30).getTime());
  });
});
