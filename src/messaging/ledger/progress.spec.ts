import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Progress } from './progress.js';

const START = 1_700_000_000_000;

describe('progress of a topic', () => {
  beforeEach(() => void vi.useFakeTimers({ now: START }));
  afterEach(() => void vi.useRealTimers());

  it('marks at most every 100 ms, and always where it stands', () => {
    const progress = new Progress('e', 0);
    for (let seq = 1; seq <= 25; seq += 1) {
      progress.reach('e', seq);
      vi.advanceTimersByTime(10);
    }
    const { marks } = progress;
    expect(marks.at(-1)).toEqual({ seq: 25, at: START + 240 });
    expect(marks.length).toBeLessThanOrEqual(4);
  });

  it('keeps a bounded number, sparser the older, rising', () => {
    const progress = new Progress('e', 0);
    for (let seq = 1; seq <= 5_000; seq += 1) {
      progress.reach('e', seq);
      vi.advanceTimersByTime(150);
    }
    const { marks } = progress;
    expect(marks.length).toBeLessThanOrEqual(64);
    expect(marks.at(-1)?.seq).toBe(5_000);
    for (let index = 1; index < marks.length; index += 1) {
      expect(marks[index]?.seq).toBeGreaterThan(marks[index - 1]?.seq ?? 0);
      expect(marks[index]?.at).toBeGreaterThan(marks[index - 1]?.at ?? 0);
    }
    // What it says of a seq is when that was handed out, and no earlier.
    for (const { seq, at } of marks) expect(at).toBeGreaterThanOrEqual(START + (seq - 1) * 150);
  });

  it('forgets the marks of an epoch that has ended', () => {
    const progress = new Progress('e', 0);
    progress.reach('e', 5);
    progress.reach('f', 2);
    expect(progress.marks).toEqual([{ seq: 2, at: START }]);
  });
});
