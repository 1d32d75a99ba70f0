import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerQueue } from './timer-queue.js';

function drained<T extends { readonly at: number }>(queue: TimerQueue<T>): readonly T[] {
  const items: T[] = [];
  for (let first = queue.first; first !== undefined; first = queue.first) {
    items.push(first);
    queue.removeFirst();
  }
  return items;
}

describe('TimerQueue', () => {
  it('gives items by their times, and those of one time in the order of their making', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), fc.array(fc.nat(20)), fc.nat(10), (times, later, taken) => {
        const queue = new TimerQueue<{ readonly at: number; readonly made: number }>();
        const before = times.map((at, made) => ({ at, made }));
        const after = later.map((at, index) => ({ at, made: times.length + index }));
        const byTime = (items: readonly { readonly at: number; readonly made: number }[]) =>
          items.toSorted((a, b) => a.at - b.at || a.made - b.made);
        for (const item of before) queue.add(item);
        const first = byTime(before).slice(0, taken);
        for (const item of first) {
          expect(queue.first).toBe(item);
          queue.removeFirst();
        }
        for (const item of after) queue.add(item);
        expect(drained(queue)).toEqual(byTime([...byTime(before).slice(taken), ...after]));
      }),
    );
  });

  it('is empty when nothing waits, and stays so', () => {
    const queue = new TimerQueue();
    queue.removeFirst();
    expect(queue.first).toBeUndefined();
  });
});
