import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVERY_GRANT, type Principal } from '../../src/auth/principal.js';
import type { TicketShelf } from '../../src/auth/ticket-shelf.js';

export interface TicketShelfUnderTest {
  /** Two that stand for two nodes; the same one where there is only one. */
  readonly nodes: readonly [TicketShelf, TicketShelf];
  readonly close: () => Promise<void>;
}

const ALICE: Principal = {
  kind: 'user',
  id: 'alice',
  roles: ['reader'],
  grants: EVERY_GRANT,
  scopes: [],
  expiresAt: 1_800_000_000_000,
  tokenId: 'token-1',
  device: { id: 'device-1', tenure: 'first' },
};
const LONG_MS = 60_000;
const SHORT_MS = 50;

/** What every adapter of `TicketShelf` must keep. */
export function describeTicketShelf(name: string, open: () => Promise<TicketShelfUnderTest>): void {
  describe(`ticket shelf: ${name}`, () => {
    let under: TicketShelfUnderTest;
    beforeAll(async () => void (under = await open()));
    afterAll(() => under.close());

    const nodeOf = (index: number): TicketShelf => under.nodes[index % 2 === 0 ? 0 : 1];
    const digest = (): string => randomBytes(32).toString('base64url');

    it('gives back whom a ticket stands for, at every node', async () => {
      const [one, two] = under.nodes;
      const mine = digest();
      await one.put(mine, ALICE, LONG_MS);
      expect(await two.take(mine)).toEqual(ALICE);
    });

    it('gives it to one of many who come at once', async () => {
      for (let round = 0; round < 20; round += 1) {
        const mine = digest();
        await nodeOf(round).put(mine, ALICE, LONG_MS);
        const taken = await Promise.all(Array.from({ length: 8 }, (_, index) => nodeOf(index).take(mine)));
        expect(taken.filter((principal) => principal !== undefined)).toHaveLength(1);
      }
    });

    it('gives nothing for what nobody put, or what is too old', async () => {
      const [one] = under.nodes;
      const mine = digest();
      await one.put(mine, ALICE, SHORT_MS);
      await delay(2 * SHORT_MS);
      expect([await one.take(mine), await one.take(digest())]).toEqual([undefined, undefined]);
    });
  });
}
