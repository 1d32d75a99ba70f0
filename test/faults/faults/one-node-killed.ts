import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../rig/answers.js';
import { resumptions } from '../rig/resumptions.js';
import { type Fault, unmet } from './fault.js';
import { NODE_LOAD, NODES, severalNodes } from './several-nodes.js';

const RESUMED_MS = 10_000;
const RESUMED_SHARE = 0.99;

/** F1 with several nodes: one of three is killed while clients publish, and its clients go on at the others. */
export const oneNodeKilled: Fault = {
  id: 'F1-nodes',
  title: 'one of three nodes killed (kill -9) under load',
  times: 20,
  async run(workshop) {
    const { trial } = await severalNodes(workshop);
    await trial.start({ ...NODE_LOAD, subscribers: workshop.either({ short: 12, long: 90 }) });
    const began = trial.journal.now();
    for (let kill = 0; kill < workshop.either({ short: 1, long: 3 }); kill += 1) {
      await trial.untilAcked(workshop.either({ short: 200, long: 1_000 }));
      await delay(workshop.random.between(0, 200));
      const index = workshop.random.below(NODES);
      await trial.killNode(index);
      await trial.untilLive();
      await trial.bringBack(index);
    }
    await trial.markHealed();
    await trial.untilAcked(100);
    const times = resumptions(trial.journal.records, trial.topicsOf, { from: began, to: trial.journal.now() });
    const verdict = await trial.finish();
    const most = Math.round(percentile(times, RESUMED_SHARE));
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { 'connections lost': times.length, '99 % resumed within (ms)': most, 'last after (ms)': Math.round(Math.max(...times)) },
      failures: unmet(
        [times.length > 0, 'no subscriber lost its connection'],
        [most <= RESUMED_MS, `99 % of the subscribers that were cut off had resumed after ${most} ms, not within ${RESUMED_MS}`],
      ),
    };
  },
};
