import { describe, expect, it } from 'vitest';
import { LookAgain } from './look-again.js';

describe('looking again', () => {
  it('runs one at a time, and once more for all who asked meanwhile', async () => {
    let [running, most, runs] = [0, 0, 0];
    const releases: (() => void)[] = [];
    const looks = new LookAgain(async () => {
      running += 1;
      runs += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => releases.push(resolve));
      running -= 1;
    });
    const first = looks.now();
    const others = [looks.now(), looks.now(), looks.now()];
    releases.shift()?.();
    await expect.poll(() => releases.length).toBe(1);
    releases.shift()?.();
    await Promise.all([first, ...others, looks.idle]);
    expect([runs, most]).toEqual([2, 1]);
    const last = looks.now();
    releases.shift()?.();
    await last;
    expect(runs).toBe(3);
  });
});
