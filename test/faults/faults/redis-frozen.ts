import { setTimeout as delay } from 'node:timers/promises';
import { ackTimes } from '../rig/ack-times.js';
import { percentile } from '../rig/answers.js';
import { MemoryWatch } from '../rig/memory-watch.js';
import { HEAL_MS } from '../checker/subscribers-reach-the-head.js';
import { type Fault, unmet } from './fault.js';
import { stretch } from './redis-restarted.js';
import { NODE_LOAD, severalNodes } from './several-nodes.js';

const SLOWER = 2;
const ANSWERED_MS = 3_000;
/** What a node may take beside what it took before, in megabytes (10^6). */
const GROWTH_MB = 30;

/** F9: Redis stands still: its connections stay open, and nothing answers. */
export const redisFrozen: Fault = {
  id: 'F9',
  title: 'Redis stopped (SIGSTOP)',
  times: 3,
  async run(workshop) {
    const { trial, redis } = await severalNodes(workshop);
    await trial.start(NODE_LOAD);
    // A process that is new grows for other reasons.
    await trial.untilAcked(workshop.either({ short: 300, long: 20_000 }));
    const quiet = await stretch(trial, workshop.either({ short: 1_000, long: 15_000 }));
    const memory = trial.nodes.map(({ pid }) => new MemoryWatch(pid));
    const from = trial.journal.now();
    redis.pause();
    await delay(workshop.either({ short: 3_000, long: 30_000 }));
    const frozen = { from, to: trial.journal.now() };
    redis.resume();
    await trial.markHealed();
    const caughtUpMs = Math.round(await trial.untilReached());
    const growth = Math.max(...memory.map((watch) => watch.end()));
    await trial.untilAcked(100);
    const before = percentile(ackTimes(trial.journal, quiet), 0.99);
    const times = ackTimes(trial.journal, frozen);
    const during = percentile(times, 0.99);
    const slowest = Math.round(Math.max(...times));
    const verdict = await trial.finish();
    const isLong = workshop.form === 'long';
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        'acknowledged meanwhile': times.length,
        'acknowledgements p99 before (ms)': Math.round(before * 10) / 10,
        'and meanwhile (ms)': Math.round(during * 10) / 10,
        'slowest (ms)': slowest,
        'a node grew by (MB)': growth,
        'caught up after (ms)': caughtUpMs,
      },
      failures: unmet(
        [times.length > 0, 'nothing was acknowledged while Redis stood still'],
        [slowest <= ANSWERED_MS, `an acknowledgement took ${slowest} ms while Redis stood still, not ${ANSWERED_MS} at most`],
        [!isLong || during <= before * SLOWER, `acknowledgements' p99 rose from ${before.toFixed(1)} to ${during.toFixed(1)} ms`],
        [!isLong || growth < GROWTH_MB, `a node grew by ${growth} MB while Redis stood still, not by less than ${GROWTH_MB}`],
        [caughtUpMs <= HEAL_MS, `subscribers had caught up ${caughtUpMs} ms after Redis went on, not within ${HEAL_MS}`],
      ),
    };
  },
};
