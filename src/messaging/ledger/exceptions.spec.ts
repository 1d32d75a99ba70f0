import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GrowingException, noteException } from './exceptions.js';
import type { Exception } from './receipt.js';

const noted = (...exceptions: readonly Exception[]): readonly GrowingException[] => {
  const list: GrowingException[] = [];
  for (const exception of exceptions) noteException(list, exception);
  return list;
};
const slow = (from: number, to = from): Exception => ({ from, to, reason: 'slow_consumer' });
const lost = (from: number, to = from): Exception => ({ from, to, reason: 'lost' });

describe('exceptions of a receipt', () => {
  it.each([
    ['one grows while messages follow one another', [slow(1), slow(2), slow(3)], [slow(1, 3)]],
    ['another reason begins another', [slow(1), lost(2)], [slow(1), lost(2)]],
    ['an older one goes before', [lost(10, 12), slow(8)], [slow(8), lost(10, 12)]],
    ['it joins what follows', [slow(4), slow(3)], [slow(3, 4)]],
    ['the first reason stays', [slow(1, 5), lost(3, 7)], [slow(1, 5), lost(6, 7)]],
    ['nothing is said twice', [slow(1, 5), lost(2, 3)], [slow(1, 5)]],
  ])('%s', (_what, exceptions, expected) => {
    expect(noted(...exceptions)).toEqual(expected);
  });

  it('stay in order, apart and few, and cover all that was noted', () => {
    const one = fc.record({ from: fc.integer({ min: 1, max: 400 }), length: fc.nat(2), reason: fc.constantFrom('lost', 'slow_consumer') });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 300 }), (exceptions) => {
        const list = noted(...exceptions.map(({ from, length, reason }) => ({ from, to: from + length, reason })));
        expect(list.length).toBeLessThanOrEqual(64);
        list.forEach(({ from, to }, index) => {
          expect(from).toBeLessThanOrEqual(to);
          if (index > 0) expect(from).toBeGreaterThan(list[index - 1]?.to ?? 0);
        });
        for (const { from, length } of exceptions)
          for (let seq = from; seq <= from + length; seq += 1)
            expect(list.some((range) => seq >= range.from && seq <= range.to)).toBe(true);
      }),
    );
  });
});
