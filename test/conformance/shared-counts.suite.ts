import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SharedCounts } from '../../src/cluster/shared-counts.js';

const LEASE_MS = 60_000;

/** Nodes that count together. */
export interface SharedCountsUnderTest {
  node(name: string): SharedCounts;
  /** Whatever was said is forgotten. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

/** What counts that nodes keep together promise; each adapter runs it. */
export function describeSharedCounts(name: string, open: () => Promise<SharedCountsUnderTest>): void {
  describe(`${name} as shared counts`, () => {
    let under: SharedCountsUnderTest;
    let one: SharedCounts;
    let two: SharedCounts;
    let subjects = 0;

    beforeAll(async () => {
      under = await open();
      [one, two] = [under.node('node-1'), under.node('node-2')];
    });
    afterAll(() => under.close());

    const subject = (): string => `user:${(subjects += 1)} with a space`;
    const say = async (node: SharedCounts, subjectName: string, count: number, oldestAt = 1_763_800_000_000) =>
      (await node.say([{ name: subjectName, count, oldestAt }], LEASE_MS))[0];

    it('answers the sum over all nodes, and whose oldest is the oldest', async () => {
      const user = subject();
      expect(await say(one, user, 2, 2_000)).toEqual({ name: user, total: 2, oldest: { node: 'node-1', at: 2_000 } });
      expect(await say(two, user, 3, 1_000)).toEqual({ name: user, total: 5, oldest: { node: 'node-2', at: 1_000 } });
      expect(await say(one, user, 1, 3_000)).toEqual({ name: user, total: 4, oldest: { node: 'node-2', at: 1_000 } });
    });

    it('takes the last word of a node for what it has, however often it comes', async () => {
      const user = subject();
      for (let time = 0; time < 3; time += 1) await say(one, user, 2);
      expect(await say(two, user, 0)).toMatchObject({ total: 2 });
      expect(await say(one, user, 0)).toEqual({ name: user, total: 0, oldest: undefined });
    });

    it('answers many names at once, in their order', async () => {
      const users = Array.from({ length: 300 }, () => subject());
      const counts = users.map((user, index) => ({ name: user, count: index % 3, oldestAt: 1_000 + index }));
      expect((await one.say(counts, LEASE_MS)).map((total) => [total.name, total.total])).toEqual(users.map((user, n) => [user, n % 3]));
      expect(await one.say([], LEASE_MS)).toEqual([]);
    });

    it('answers both to one of two who say it at once', async () => {
      const user = subject();
      const totals = await Promise.all([say(one, user, 1), say(two, user, 1)]);
      expect(totals.map((answer) => answer?.total).toSorted()).toEqual([1, 2]);
    });

    it('forgets a node whose lease is over, and no other', async () => {
      const user = subject();
      await one.say([{ name: user, count: 4, oldestAt: 1_000 }], 50);
      await two.say([{ name: user, count: 1, oldestAt: 2_000 }], LEASE_MS);
      await sleep(80);
      expect(await say(two, user, 1, 2_000)).toEqual({ name: user, total: 1, oldest: { node: 'node-2', at: 2_000 } });
    });

    it('tells when what was said may be forgotten', async () => {
      const user = subject();
      await say(one, user, 2);
      const told = new Promise<void>((resolve) => one.onForgotten(resolve));
      await under.forget();
      await told;
      expect(await say(two, user, 1)).toMatchObject({ total: 1 });
    });
  });
}
