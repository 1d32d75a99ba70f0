import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadlineHeap, type Due } from './deadline-heap.js';

const item = (dueAt: number): Due => ({ dueAt, heapIndex: -1 });

describe('deadline heap', () => {
  it('always has the soonest first, whatever is placed, moved and removed', () => {
    const step = fc.record({ kind: fc.constantFrom('place', 'move', 'remove'), which: fc.nat(30), dueAt: fc.nat(1_000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new DeadlineHeap<Due>();
        const items = Array.from({ length: 31 }, () => item(0));
        const inside = new Set<Due>();
        for (const { kind, which, dueAt } of steps) {
          const chosen = items[which] as Due;
          if (kind === 'remove') {
            heap.remove(chosen);
            inside.delete(chosen);
          } else {
            chosen.dueAt = dueAt;
            heap.place(chosen);
            inside.add(chosen);
          }
          expect(heap.size).toBe(inside.size);
          expect(heap.first?.dueAt).toBe(inside.size === 0 ? undefined : Math.min(...[...inside].map((due) => due.dueAt)));
        }
      }),
    );
  });

  it('gives everything in order and forgets places', () => {
    const heap = new DeadlineHeap<Due>();
    const times = [5, 3, 9, 1, 7, 3];
    for (const time of times) heap.place(item(time));
    const seen: number[] = [];
    for (let first = heap.first; first !== undefined; first = heap.first) {
      seen.push(first.dueAt);
      heap.remove(first);
      expect(first.heapIndex).toBe(-1);
    }
    expect(seen).toEqual([1, 3, 3, 5, 7, 9]);
  });
});
