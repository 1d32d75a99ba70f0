import { describe, expect, it } from 'vitest';
import { counted, words } from './words.ts';

describe('words', () => {
  it.each([
    [words('event_loop'), 'Event loop'],
    [words('disk'), 'Disk'],
    [words(''), ''],
    [counted(1, 'problem'), '1 problem'],
    [counted(0, 'problem'), '0 problems'],
    [counted(12_345, 'key'), '12,345 keys'],
    [counted(2, 'entry', 'entries'), '2 entries'],
  ])('%s', (written, expected) => {
    expect(written).toBe(expected);
  });
});
