import { setTimeout as delay } from 'node:timers/promises';
import { answersOf } from '../rig/answers.js';
import { MemoryWatch } from '../rig/memory-watch.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';
import { ackedAfter } from './postgres-killed.js';

const ANSWERED_MS = 3_000;
const RESUMED_MS = 5_000;
/** Between two reads of history while Postgres stands still. */
const READ_MS = 200;

/** F5: every process of Postgres stands still: connections stay open, and nothing answers. */
export const postgresFrozen: Fault = {
  id: 'F5',
  title: 'Postgres stopped (SIGSTOP)',
  times: 3,
  async run(workshop) {
    const postgres = await workshop.postgres();
    workshop.onEnd(() => postgres.thaw());
    const trial = await workshop.trial(postgres.url());
    await trial.start({ topics: TOPICS, sockets: 4, rests: 2, subscribers: 4, inFlight: 16, pauseMs: 4 });
    await trial.untilAcked(workshop.either({ short: 300, long: 2_000 }));
    const memory = new MemoryWatch(trial.node.pid);
    const frozenAt = trial.journal.now();
    postgres.freeze();
    const readsMs = await readDuring(trial, workshop.either({ short: 6_000, long: 30_000 }));
    // Requests that are under way are waited for before it goes on, so that none of them is answered only because it does.
    for (const publisher of trial.publishers) publisher.pause();
    await delay(ANSWERED_MS);
    const unanswered = trial.publishers.reduce((sum, publisher) => sum + publisher.underWay, 0);
    postgres.thaw();
    const thawedAt = trial.journal.now();
    for (const publisher of trial.publishers) publisher.resume();
    await trial.untilAcked(50);
    const resumedAfter = ackedAfter(trial, thawedAt);
    const publishes = answersOf(trial.journal).filter(({ sentAt, at }) => at > frozenAt && sentAt < thawedAt);
    const slowestPublish = Math.round(Math.max(...publishes.map(({ sentAt, at }) => at - Math.max(sentAt, frozenAt))));
    const slowestRead = Math.round(Math.max(...readsMs));
    const growth = memory.end();
    await trial.markHealed();
    await trial.untilAcked(100);
    const verdict = await trial.finish();
    return {
      kind: 'run',
      trial,
      verdict,
      figures: {
        'publishes answered': publishes.length,
        'slowest publish (ms)': slowestPublish,
        'slowest read (ms)': slowestRead,
        'acknowledged again after (ms)': resumedAfter,
        'memory growth (MB)': growth,
      },
      failures: unmet(
        [unanswered === 0, `${unanswered} publishes had no answer ${ANSWERED_MS} ms after the last one was sent`],
        [slowestPublish <= ANSWERED_MS, `a publish was answered after ${slowestPublish} ms, not within ${ANSWERED_MS}`],
        [slowestRead <= ANSWERED_MS, `a read of history was answered after ${slowestRead} ms, not within ${ANSWERED_MS}`],
        [resumedAfter <= RESUMED_MS, `the first acknowledgement came ${resumedAfter} ms after Postgres went on, not within ${RESUMED_MS}`],
      ),
    };
  },
};

/** Reads history again and again for a time; answers how long each read took, failed ones included. */
async function readDuring(trial: Trial, durationMs: number): Promise<readonly number[]> {
  const reads: Promise<number>[] = [];
  const end = Date.now() + durationMs;
  while (Date.now() < end) {
    const began = performance.now();
    const took = (): number => performance.now() - began;
    reads.push(trial.readOnce(topicAt(reads.length)).then(took, took));
    await delay(READ_MS);
  }
  return Promise.all(reads);
}

function topicAt(index: number): string {
  return TOPICS[index % TOPICS.length] as string;
}
