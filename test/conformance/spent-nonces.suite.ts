import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SpentNonces } from '../../src/auth/devices/spent-nonces.js';

export interface SpentNoncesUnderTest {
  /** Two that stand for two nodes; the same one where there is only one. */
  readonly nodes: readonly [SpentNonces, SpentNonces];
  readonly close: () => Promise<void>;
}

/** What every adapter of `SpentNonces` must keep. */
export function describeSpentNonces(name: string, open: () => Promise<SpentNoncesUnderTest>): void {
  describe(`spent nonces: ${name}`, () => {
    let under: SpentNoncesUnderTest;
    beforeAll(async () => void (under = await open()));
    afterAll(() => under.close());

    const nonce = (): string => randomBytes(54).toString('base64url');
    const soon = (): number => Date.now() + 30_000;

    it('are spent once', async () => {
      const [one, two] = under.nodes;
      const [mine, other] = [nonce(), nonce()];
      expect([await one.spend(mine, soon()), await one.spend(mine, soon()), await two.spend(mine, soon())]).toEqual([true, false, false]);
      expect(await two.spend(other, soon())).toBe(true);
    });

    it('let one of many in who come at once', async () => {
      for (let round = 0; round < 20; round += 1) {
        const mine = nonce();
        const results = await Promise.all(
          Array.from({ length: 10 }, (_, index) => under.nodes[index % 2 === 0 ? 0 : 1].spend(mine, soon())),
        );
        expect(results.filter(Boolean)).toHaveLength(1);
      }
    });
  });
}
