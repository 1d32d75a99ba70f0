import { describe, expect, it } from 'vitest';
import { bytes, count, dateTime, duration, NOTHING, percent } from './format.ts';

describe('figures', () => {
  it.each([
    [count(12_345.6), '12,346'],
    [count(3), '3'],
    [count(0.1234), '0.123'],
    [count(null), NOTHING],
    [bytes(0), '0 B'],
    [bytes(1_536), '1.5 KiB'],
    [bytes(270_553_174_016), '252 GiB'],
    [percent(0.0042), '0.42 %'],
    [duration(0.8), '0.8 ms'],
    [duration(1_500), '1.5 s'],
    [duration(59_999), '59 s'],
    [duration(60_000), '1 min'],
    [duration(250_000), '4 min 10 s'],
    [duration(3_600_000 * 26), '1 d 2 h'],
    [duration(null), NOTHING],
    [dateTime(1_795_319_944_239, 'utc'), '2026-11-22 03:59:04'],
    [dateTime(1_795_319_944_239, 'utc', true), '2026-11-22 03:59:04.239'],
  ])('%s is %s', (written, expected) => {
    expect(written).toBe(expected);
  });
});
