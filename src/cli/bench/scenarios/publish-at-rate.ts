import type { BenchRun } from '../bench-run.js';
import { Pace } from '../pace.js';
import type { PublishLoad } from '../publish-load.js';

/** Most publishes under way on one socket: half of what the gateway reads before it waits for some to finish. */
const MOST_IN_FLIGHT = 128;
const LAST_ANSWERS_MS = 10_000;

/** Publishes at a rate for the duration of the plan, then waits for the last acknowledgements. */
export async function publishAtRate(run: BenchRun, load: PublishLoad, perSecond: number, most = MOST_IN_FLIGHT): Promise<void> {
  const end = performance.now() + run.plan.duration * 1_000;
  const pace = new Pace(perSecond);
  while (performance.now() < end && !run.signal.aborted) {
    for (const dueAt of await pace.due()) {
      // A publish that has no place waits, and its time counts from when it was due.
      while (!load.publish(dueAt, most)) {
        if (performance.now() > end || run.signal.aborted) return lastAnswers(load);
        await load.answered(100);
      }
    }
  }
  await lastAnswers(load);
}

/** Waits for the answers of what is under way. */
export async function lastAnswers(load: PublishLoad): Promise<void> {
  const deadline = performance.now() + LAST_ANSWERS_MS;
  while (load.inFlight > 0 && performance.now() < deadline) await load.answered(100);
}

/** A refused or unanswered publish is a load that was not what it was said to be; answers how many have no answer. */
export function requireAnswered(run: BenchRun, load: PublishLoad): number {
  for (const [code, times] of load.refusals) run.problems.push(`${times} publishes were refused with ${code}`);
  const unknown = load.unanswered + load.inFlight;
  if (unknown > 0) run.problems.push(`${unknown} publishes had no answer`);
  return unknown;
}
