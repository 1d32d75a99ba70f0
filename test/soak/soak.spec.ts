import { expect, it } from 'vitest';
import { soak } from './soak.js';

const SHORT_MS = 20_000;

/** The short form, which is too short to judge memory. The long form is `npm run test:soak`. */
it('leaves nothing behind and accounts for every delivery when clients come and go', { timeout: 180_000 }, async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const { failures, balance, tally } = await soak({ durationMs: SHORT_MS, sockets: 30, seed });
  expect(failures, `seed ${seed}`).toEqual([]);
  // Each kind of leaving has happened: some were lost with their connection, some were recovered afterwards.
  expect(tally.recovered, `seed ${seed}`).toBeGreaterThan(0);
  console.log(`seed ${seed} ${JSON.stringify({ ...tally, ...balance })}`);
});
