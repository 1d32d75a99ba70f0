import { setTimeout as delay } from 'node:timers/promises';
import { answersOf } from '../rig/answers.js';
import { MemoryWatch } from '../rig/memory-watch.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';

const REFUSED_MS = 1_000;
const RESUMED_MS = 5_000;
const GROWTH_MB = 50;

/** F4: Postgres is killed with all of its processes and returns on the same data some seconds later. */
export const postgresKilled: Fault = {
  id: 'F4',
  title: 'Postgres killed (kill -9), back later',
  times: 3,
  async run(workshop) {
    const postgres = await workshop.postgres();
    const trial = await workshop.trial(postgres.url());
    await trial.start({ topics: TOPICS, sockets: 4, rests: 2, subscribers: 4, inFlight: 16, pauseMs: 4 });
    await trial.untilAcked(workshop.either({ short: 1_000, long: 5_000 }));
    const memory = new MemoryWatch(trial.node.pid);
    const killedAt = trial.journal.now();
    await postgres.kill9();
    await delay(workshop.either({ short: 3_000, long: 10_000 }));
    const refusedAfter = afterFault(trial, killedAt, (code) => code === 'UNAVAILABLE');
    const returning = trial.journal.now();
    const early = ackedBetween(trial, killedAt + REFUSED_MS, returning);
    await postgres.start();
    const returnedAt = trial.journal.now();
    await trial.untilAcked(50);
    const resumedAfter = ackedAfter(trial, returnedAt);
    const growth = memory.end();
    await trial.markHealed();
    await trial.untilAcked(100);
    const verdict = await trial.finish();
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { 'first refusal (ms)': refusedAfter, 'acknowledged again after (ms)': resumedAfter, 'memory growth (MB)': growth },
      failures: unmet(
        [refusedAfter <= REFUSED_MS, `the first UNAVAILABLE came ${refusedAfter} ms after the kill, not within ${REFUSED_MS}`],
        [early === 0, `${early} publishes were acknowledged while there was no database`],
        [
          resumedAfter <= RESUMED_MS,
          `the first acknowledgement came ${resumedAfter} ms after Postgres answered again, not within ${RESUMED_MS}`,
        ],
        [growth < GROWTH_MB, `the gateway grew by ${growth} MB, not by less than ${GROWTH_MB}`],
      ),
    };
  },
};

/** Milliseconds from the fault to the first refusal that a test of its code accepts; Infinity where there was none. */
export function afterFault(trial: Trial, faultAt: number, accepts: (code: string) => boolean): number {
  const first = answersOf(trial.journal).find(
    ({ at, result }) => at >= faultAt && result.outcome.kind === 'refused' && accepts(result.outcome.code),
  );
  return first === undefined ? Infinity : Math.round(first.at - faultAt);
}

/** Milliseconds from a moment to the first acknowledgement after it. */
export function ackedAfter(trial: Trial, since: number): number {
  const first = answersOf(trial.journal).find(({ at, result }) => at >= since && result.outcome.kind === 'acked');
  return first === undefined ? Infinity : Math.round(first.at - since);
}

function ackedBetween(trial: Trial, from: number, to: number): number {
  return answersOf(trial.journal).filter(({ at, result }) => at >= from && at < to && result.outcome.kind === 'acked').length;
}
