import { setTimeout as delay } from 'node:timers/promises';
import type { Trial } from '../rig/trial.js';
import { type Fault, unmet } from './fault.js';

const RESUMED_MS = 10_000;
export const TOPICS = ['load.a', 'load.b', 'load.c', 'load.d', 'load.e', 'load.f', 'load.g', 'load.h'];

/** F1: `kill -9` of the gateway while clients publish; it is started again and its clients resume. */
export const gatewayKilled: Fault = {
  id: 'F1',
  title: 'gateway killed (kill -9) under load',
  times: 20,
  async run(workshop) {
    const postgres = await workshop.postgres();
    const trial = await workshop.trial(postgres.url());
    await trial.start({ topics: TOPICS, sockets: 4, rests: 2, subscribers: 4, inFlight: 16, pauseMs: 4 });
    const resumedMs: number[] = [];
    for (let kill = 0; kill < workshop.either({ short: 1, long: 3 }); kill += 1) {
      await trial.untilAcked(workshop.either({ short: 200, long: 1_000 }));
      await delay(workshop.random.between(0, 200));
      resumedMs.push(await killAndResume(trial));
    }
    await trial.untilAcked(100);
    const verdict = await trial.finish();
    const slowest = Math.round(Math.max(...resumedMs));
    return {
      kind: 'run',
      trial,
      verdict,
      figures: { kills: resumedMs.length, 'all subscribers back after (ms)': slowest },
      failures: unmet([
        slowest <= RESUMED_MS,
        `subscribers were back ${slowest} ms after the gateway answered again, not within ${RESUMED_MS}`,
      ]),
    };
  },
};

/** Answers how long after the gateway was ready again its last subscriber had resumed. */
async function killAndResume(trial: Trial): Promise<number> {
  await trial.restartNode();
  const ready = performance.now();
  await trial.untilLive();
  return performance.now() - ready;
}
