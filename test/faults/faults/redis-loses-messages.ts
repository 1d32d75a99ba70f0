import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../rig/answers.js';
import { deliveryTimes } from '../rig/delivery-times.js';
import { LossyRedis } from '../rig/lossy-redis.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';
import { stretch } from './redis-restarted.js';
import { severalNodes } from './several-nodes.js';

const LOST_SHARE = 0.01;
const CLOSED_MS = 1_000;
/** The sweep's period, and time for the read. */
const SWEPT_MS = 2_000 + 1_000;
const COMES_MS = 15_000;
const QUIET = 'quiet.a';
const LOAD = { sockets: 1, rests: 0, subscribers: 0, inFlight: 16, pauseMs: 5 } as const;

/** F11: a part of what is published at Redis never arrives, and nobody is told. */
export const redisLosesMessages: Fault = {
  id: 'F11',
  title: 'Redis loses 1 % of its Pub/Sub messages silently',
  times: 3,
  async run(workshop) {
    const between: LossyRedis[] = [];
    const { trial } = await severalNodes(workshop, {
      redisUrl: async ({ port }) => {
        const redis = await LossyRedis.before(port);
        workshop.onEnd(() => redis.close());
        between.push(redis);
        return redis.url;
      },
    });
    const [lossy] = between;
    if (lossy === undefined) throw new Error('nothing stands before Redis');
    for (const index of trial.nodes.keys()) await trial.subscribe(TOPICS, 2, trial.socketUrlOf(index));
    for (const index of trial.nodes.keys()) await trial.publishBySocket({ ...LOAD, topics: TOPICS }, trial.socketUrlOf(index));
    await trial.untilAcked(workshop.either({ short: 300, long: 3_000 }));
    const durationMs = workshop.either({ short: 5_000, long: 60_000 });
    const quiet = await stretch(trial, durationMs / 2);
    const random = workshop.random.branch();
    lossy.loses = () => random.chance(LOST_SHARE);
    const losing = await stretch(trial, durationMs);
    lossy.loses = () => false;
    const { lost, passed } = lossy;
    const tails = await loseTails(trial, lossy, workshop.either({ short: 2, long: 10 }));
    await trial.markHealed();
    const everybody = (): boolean => true;
    const before = slowestOf(deliveryTimes(trial.journal, quiet, everybody));
    const times = deliveryTimes(trial.journal, losing, everybody);
    const during = slowestOf(times);
    const verdict = await trial.finish();
    const slowestTail = slowestOf(tails);
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        'lost by Redis': lost,
        'passed on': passed,
        'slowest delivery before (ms)': before,
        'with losses (ms)': during,
        'p99 (ms)': Math.round(percentile(times, 0.99)),
        'lost last messages': tails.length,
        'found after (ms)': slowestTail,
      },
      failures: unmet(
        [lost > 0, 'Redis lost nothing'],
        [
          during - before <= CLOSED_MS,
          `a message came after ${during} ms, ${before} ms at most without losses: a hole stayed longer than ${CLOSED_MS} ms`,
        ],
        [slowestTail <= SWEPT_MS, `a lost message that none followed came after ${slowestTail} ms, not within ${SWEPT_MS}`],
      ),
    };
  },
};

/** Messages that no other follows, each of them lost on its way to the other nodes; answers how long each took nevertheless. */
async function loseTails(trial: Trial, lossy: LossyRedis, count: number): Promise<readonly number[]> {
  await trial.subscribe([QUIET], 1, trial.socketUrlOf(1));
  const times: number[] = [];
  lossy.loses = (published) => published.includes(QUIET);
  for (let each = 0; each < count; each += 1) {
    const from = trial.journal.now();
    const { publisher } = await trial.publishBySocket({ ...LOAD, topics: [QUIET], most: 1, repeats: 0 }, trial.socketUrlOf(0));
    const arrived = (): number | undefined => arrivalsOf(trial, QUIET).find((at) => at >= from);
    await trial.until(() => publisher.isDone && arrived() !== undefined, COMES_MS, 'a lost message is found');
    times.push((arrived() ?? Infinity) - from);
    await delay(trial.random.between(0, 500));
  }
  lossy.loses = () => false;
  return times;
}

function arrivalsOf(trial: Trial, topic: string): readonly number[] {
  return trial.journal.records.flatMap((record) => (record.kind === 'delivered' && record.topic === topic ? [record.at] : []));
}

function slowestOf(times: readonly number[]): number {
  return Math.round(times.reduce((most, each) => Math.max(most, each), 0));
}
