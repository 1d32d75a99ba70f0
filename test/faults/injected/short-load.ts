import type { Verdict } from '../checker/check.js';
import { Build, type Change } from '../rig/build.js';
import type { PostgresProcess } from '../rig/postgres-process.js';
import { Random } from '../rig/random.js';
import { Trial } from '../rig/trial.js';

const MESSAGES_PER_PUBLISHER = 300;
const TIME_MS = 60_000;

/** A short load without any fault on a build with these changes; answers the verdict and what explains it. */
export async function runShortLoad(
  postgres: PostgresProcess,
  name: string,
  changes: readonly Change[],
): Promise<{ readonly verdict: Verdict; readonly explanation: string }> {
  await postgres.query(`create database ${name}`);
  const build = Build.copy(changes);
  const trial = await Trial.begin({ name, build, databaseUrl: postgres.url(name), random: new Random(Date.now()) });
  try {
    const topics = ['short.a', 'short.b', 'short.c', 'short.d'];
    await trial.start({
      topics,
      sockets: 3,
      rests: 1,
      subscribers: 2,
      inFlight: 16,
      pauseMs: 0,
      repeats: 0.1,
      most: MESSAGES_PER_PUBLISHER,
    });
    await trial.until(() => trial.publishers.every((publisher) => publisher.isDone), TIME_MS, 'the short load is published');
    const verdict = await trial.finish();
    return { verdict, explanation: trial.explain(verdict) };
  } finally {
    await trial.dispose();
    build.remove();
    await postgres.query(`drop database ${name} with (force)`);
  }
}
