import { buildOf, olderRevision } from '../rig/old-build.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { NODE_LOAD, NODES, severalNodes } from './several-nodes.js';

const SERVICE_RESTART = 1012;

/** F30: three nodes of an older state are replaced one by one by today's, and then by the older ones again. */
export const versionSkew: Fault = {
  id: 'F30',
  title: 'two versions side by side, and the way back',
  times: 3,
  async run(workshop) {
    const revision = olderRevision();
    const older = buildOf(revision);
    if (older === undefined) return { kind: 'left-out', reason: `the history of the repository does not hold ${revision}` };
    workshop.onEnd(() => older.remove());
    const drain = workshop.either({ short: '2000', long: '10000' });
    const { trial } = await severalNodes(workshop, { nodeBuild: () => older, env: { WAYBILL_DRAIN_TIMEOUT_MS: drain } });
    const today = workshop.build();
    await trial.start({ ...NODE_LOAD, subscribers: 9 });
    const steps: string[] = [];
    for (const build of [today, older]) {
      for (let index = 0; index < NODES; index += 1) {
        await replace(trial, index, build.directory);
        await trial.untilAcked(workshop.either({ short: 100, long: 1_000 }));
        // Whoever is live has everything, whichever version wrote it and whichever brings it.
        await trial.markHealed();
        await trial.untilReached();
        steps.push(trial.nodes.map(({ directory }) => (directory === today.directory ? 'N+1' : 'N')).join(' '));
      }
    }
    const codes = trial.journal.records.flatMap((record) => (record.kind === 'closed' ? [record.code] : []));
    const verdict = await trial.finish();
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { 'version N': revision, steps: steps.join(', '), 'connections closed': codes.length },
      failures: unmet(
        [codes.every((code) => code === SERVICE_RESTART), `connections were closed with ${[...new Set(codes)].join(', ')}`],
        [new Set(steps).size === 2 * NODES, `the nodes were ${steps.join(', ')}`],
      ),
    };
  },
};

async function replace(trial: Trial, index: number, directory: string): Promise<void> {
  await trial.stopNode(index);
  trial.gateways.at(index).become(directory);
  await trial.bringBack(index, false);
  await trial.untilLive();
}
