import { setTimeout as delay } from 'node:timers/promises';
import { ackTimes } from '../rig/ack-times.js';
import { percentile } from '../rig/answers.js';
import type { Stretch } from '../rig/delivery-times.js';
import { type Fault, unmet } from './fault.js';
import { NODE_LOAD, severalNodes } from './several-nodes.js';

const SLOWER_SHARE = 0.2;
/** Every publish is answered within this time whatever Redis does, in milliseconds. */
const ANSWERED_MS = 3_000;

/** F8: the Redis of three nodes is killed and comes back with nothing. */
export const redisRestarted: Fault = {
  id: 'F8',
  title: 'Redis killed and started again',
  times: 20,
  async run(workshop) {
    const { trial, redis } = await severalNodes(workshop);
    await trial.start(NODE_LOAD);
    await trial.untilAcked(workshop.either({ short: 200, long: 2_000 }));
    const quiet = await stretch(trial, workshop.either({ short: 1_500, long: 10_000 }));
    const troubled: Stretch[] = [];
    const caughtUpMs: number[] = [];
    for (let restart = 0; restart < workshop.either({ short: 1, long: 3 }); restart += 1) {
      const from = trial.journal.now();
      await redis.stop();
      await delay(workshop.either({ short: 1_500, long: 10_000 }));
      await redis.start();
      await trial.markHealed();
      caughtUpMs.push(await trial.untilReached());
      troubled.push({ from, to: trial.journal.now() });
      await trial.untilAcked(100);
    }
    const before = percentile(ackTimes(trial.journal, quiet), 0.99);
    const times = troubled.flatMap((each) => ackTimes(trial.journal, each));
    const during = percentile(times, 0.99);
    const slowest = Math.round(Math.max(...times));
    const verdict = await trial.finish();
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        restarts: troubled.length,
        'acknowledged meanwhile': times.length,
        'acknowledgements p99 before (ms)': Math.round(before * 10) / 10,
        'and meanwhile (ms)': Math.round(during * 10) / 10,
        'slowest (ms)': slowest,
        'caught up after (ms)': Math.round(Math.max(...caughtUpMs)),
      },
      failures: unmet(
        [times.length > 0, 'nothing was acknowledged while Redis was away'],
        [slowest <= ANSWERED_MS, `an acknowledgement took ${slowest} ms while Redis was away, not ${ANSWERED_MS} at most`],
        [
          workshop.form === 'short' || during <= before * (1 + SLOWER_SHARE),
          `acknowledgements' p99 rose from ${before.toFixed(1)} to ${during.toFixed(1)} ms`,
        ],
      ),
    };
  },
};

/** Lets the load go on for a while. */
export async function stretch(trial: { readonly journal: { now(): number } }, durationMs: number): Promise<Stretch> {
  const from = trial.journal.now();
  await delay(durationMs);
  return { from, to: trial.journal.now() };
}
