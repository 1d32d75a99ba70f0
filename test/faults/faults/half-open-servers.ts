import { setTimeout as delay } from 'node:timers/promises';
import { answersOf } from '../rig/answers.js';
import { deliveryTimes } from '../rig/delivery-times.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';
import { severalNodes } from './several-nodes.js';

const FOUND_MS = 10_000;
const LOOK_MS = 20;
/** The node whose links die, counted from 0. */
const STRANDED = 2;
const LOAD = { topics: TOPICS, sockets: 1, rests: 0, subscribers: 0, inFlight: 16, pauseMs: 8 } as const;

/** F20: the links of one node to Redis, and then to Postgres, carry nothing any more, and nobody ends them. */
export const halfOpenServers: Fault = {
  id: 'F20',
  title: 'half-open links to Redis and Postgres',
  times: 3,
  async run(workshop) {
    const { trial, links } = await severalNodes(workshop, { linked: [STRANDED] });
    const [own] = links;
    if (own === undefined) throw new Error('the node has no links of its own');
    await trial.subscribe(TOPICS, 3, trial.socketUrlOf(STRANDED));
    await trial.publishBySocket(LOAD, trial.socketUrlOf(0));
    const { publisher } = await trial.publishBySocket(LOAD, trial.socketUrlOf(STRANDED));
    const redisMs: number[] = [];
    const postgresMs: number[] = [];
    for (let each = 0; each < workshop.either({ short: 1, long: 3 }); each += 1) {
      await trial.untilAcked(workshop.either({ short: 200, long: 1_000 }));
      redisMs.push(await untilNewLinks(own.redis, 2));
      await trial.untilAcked(200);
      const strandedAt = trial.journal.now();
      own.postgres.strand();
      const acked = (): number | undefined => firstAck(trial, publisher.name, strandedAt);
      while (acked() === undefined && trial.journal.now() - strandedAt < 3 * FOUND_MS) await delay(LOOK_MS);
      postgresMs.push((acked() ?? Infinity) - strandedAt);
    }
    await trial.markHealed();
    const healed = trial.journal.now();
    await trial.untilAcked(200);
    const after = Math.round(Math.max(0, ...deliveryTimes(trial.journal, { from: healed, to: trial.journal.now() }, () => true)));
    const verdict = await trial.finish();
    const [redis, postgres] = [redisMs, postgresMs].map((times) => Math.round(Math.max(...times))) as [number, number];
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { 'Redis linked again after (ms)': redis, 'acknowledged again after (ms)': postgres, 'slowest delivery then (ms)': after },
      failures: unmet(
        [redis <= FOUND_MS, `the links to Redis were made anew after ${redis} ms, not within ${FOUND_MS}`],
        [postgres <= FOUND_MS, `the first acknowledgement came ${postgres} ms after the links to Postgres died, not within ${FOUND_MS}`],
      ),
    };
  },
};

/** Lets the links die; answers how long it takes until so many new ones are made. */
async function untilNewLinks(proxy: { strand(): void; readonly accepted: number }, count: number): Promise<number> {
  const [before, strandedAt] = [proxy.accepted, performance.now()];
  proxy.strand();
  while (proxy.accepted < before + count && performance.now() - strandedAt < 3 * FOUND_MS) await delay(LOOK_MS);
  return performance.now() - strandedAt;
}

/** When a publisher was first told that a message is stored which it sent after a moment. */
function firstAck(trial: Trial, publisher: string, since: number): number | undefined {
  return answersOf(trial.journal).find(
    ({ sentAt, result }) => sentAt >= since && result.publisher === publisher && result.outcome.kind === 'acked',
  )?.at;
}
