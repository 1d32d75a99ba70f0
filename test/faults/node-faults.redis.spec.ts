import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestRedis } from '../support/redis.js';
import { brokenRules } from './checker/check.js';
import { SHORT_NODE_FAULTS } from './faults/all.js';
import { runFault } from './faults/fault.js';
import { INJECTED_NODE_BUGS } from './injected/node-bugs.js';
import { runNodeLoad } from './injected/node-load.js';
import { PostgresProcess } from './rig/postgres-process.js';

/** The short form of what three nodes with a Redis must bear. */
describe('faults of several nodes', { timeout: 240_000 }, () => {
  it.each(SHORT_NODE_FAULTS)('$id: $title', async (fault) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { failures, outcome } = await runFault(fault, 'short', seed);
    expect(failures, `seed ${seed}`).toEqual([]);
    if (outcome.kind === 'run')
      console.log(`${fault.id} seed ${seed} ${JSON.stringify({ ...outcome.figures, ...outcome.verdict.figures })}`);
  });
});

/** What the same faults find in the program as it is stands above: nothing. */
describe('the checker against real builds on two nodes', { timeout: 120_000 }, () => {
  let postgres: PostgresProcess;
  let redis: TestRedis;

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([PostgresProcess.start(), TestRedis.start()]);
  });
  afterAll(() => Promise.all([postgres.dispose(), redis.stop()]));

  it.each(INJECTED_NODE_BUGS)('finds that $what ($rule)', async ({ rule, changes, blow }) => {
    expect(brokenRules(await runNodeLoad(postgres, redis, { rule, changes, blow }))).toEqual([rule]);
  });
});
