import { setTimeout as delay } from 'node:timers/promises';
import { answersOf, percentile } from '../rig/answers.js';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';
import { TOPICS } from './gateway-killed.js';

const [LOCKED = '', ...OTHERS] = TOPICS;
/** How much slower others may be before the run fails; the figure itself is in the table. Machines with other work vary by as much. */
const SLOWER = 3;
const LEAST_MS = 100;

/** F28: an application holds the head of one topic locked, and another one has merely a transaction open. */
export const longTransactions: Fault = {
  id: 'F28',
  title: 'application transactions held open',
  times: 3,
  async run(workshop) {
    const postgres = await workshop.postgres();
    const trial = await workshop.trial(postgres.url());
    // Publishers of their own: a connection's replies keep their order, so one that waits holds up those behind it.
    await trial.start({ topics: OTHERS, sockets: 4, rests: 2, subscribers: 2, inFlight: 16, pauseMs: 8 });
    await trial.start({ topics: [LOCKED], sockets: 1, rests: 1, subscribers: 2, inFlight: 16, pauseMs: 8 });
    const heldMs = workshop.either({ short: 3_000, long: 60_000 });
    await trial.untilAcked(500);
    const quietAt = trial.journal.now();
    await delay(heldMs / 2);
    const beganAt = trial.journal.now();
    const [locking, open] = [await postgres.connect(), await postgres.connect()];
    workshop.onEnd(async () => {
      for (const client of [locking, open]) await client.end();
    });
    await open.query('begin isolation level repeatable read');
    await open.query('select count(*) from waybill.topic');
    await locking.query('begin');
    await locking.query('select from waybill.topic where name = $1 for update', [LOCKED]);
    await delay(heldMs);
    const endedAt = trial.journal.now();
    await locking.query('rollback');
    await open.query('rollback');
    await trial.untilAcked(200);
    await trial.markHealed();
    const verdict = await trial.finish();
    const [before, during] = [slowest(trial, quietAt, beganAt), slowest(trial, beganAt, endedAt)];
    const refused = Object.keys(verdict.figures.refused);
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { "other topics' p99 before (ms)": before, "other topics' p99 meanwhile (ms)": during },
      failures: unmet(
        [during <= Math.max(LEAST_MS, before * SLOWER), `other topics' p99 rose from ${before} ms to ${during} ms`],
        [refused.every((code) => code === 'UNAVAILABLE'), `publishes were refused with ${refused.join(', ')}`],
      ),
    };
  },
};

/** 99th percentile of the acknowledgements of all topics but the locked one, in milliseconds. */
function slowest(trial: Trial, from: number, to: number): number {
  const times = answersOf(trial.journal)
    .filter(({ sentAt, result }) => sentAt >= from && sentAt < to && result.topic !== LOCKED && result.outcome.kind === 'acked')
    .map(({ sentAt, at }) => at - sentAt);
  return Math.round(percentile(times, 0.99) * 10) / 10;
}
