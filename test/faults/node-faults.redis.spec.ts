import { describe, expect, it } from 'vitest';
import { SHORT_NODE_FAULTS } from './faults/all.js';
import { runFault } from './faults/fault.js';

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
