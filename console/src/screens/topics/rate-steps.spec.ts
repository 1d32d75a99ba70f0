import { describe, expect, it } from 'vitest';
import { joined, stepsOf } from './rate-steps.ts';

const steps = { step_s: 10, ended_at: 100_000, published: [0, 20, 5], deliveries: [0, 40, 10] };

describe('the rates of a topic', () => {
  it('are those of whole steps', () => {
    expect(stepsOf(steps)).toEqual([
      { at: 70_000, published: 0, deliveries: 0 },
      { at: 80_000, published: 2, deliveries: 4 },
      { at: 90_000, published: 0.5, deliveries: 1 },
    ]);
  });

  it('go on from one answer to the next, each step once, the newest kept', () => {
    const first = stepsOf(steps);
    const second = stepsOf({ ...steps, published: [20, 5, 7], deliveries: [40, 10, 14], ended_at: 110_002 });
    expect(joined(first, second, 10).map(({ at, published }) => [at, published])).toEqual([
      [70_000, 0],
      [80_002, 2],
      [90_002, 0.5],
      [100_002, 0.7],
    ]);
    expect(joined(first, second, 2).map(({ at }) => at)).toEqual([90_002, 100_002]);
    expect(joined([], first, 10)).toEqual(first);
  });
});
