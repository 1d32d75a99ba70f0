import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { UpgradeTurns } from './upgrade-turns.js';

describe('upgrades', () => {
  it('begin in their order, and the loop has a turn after every few', async () => {
    const turns = new UpgradeTurns();
    const begun: number[] = [];
    for (let n = 0; n < 100; n += 1) turns.add(() => begun.push(n));
    expect(begun).toEqual([]);
    const perTurn: number[] = [];
    while (begun.length < 100) {
      const before = begun.length;
      await turn();
      perTurn.push(begun.length - before);
    }
    expect(begun).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(16);
  });

  it('that come while others begin are not forgotten', async () => {
    const turns = new UpgradeTurns();
    let begun = 0;
    const again = (): void => {
      begun += 1;
      if (begun < 50) turns.add(again);
    };
    turns.add(again);
    await expect.poll(() => begun).toBe(50);
  });
});
