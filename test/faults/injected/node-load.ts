import type { TestRedis } from '../../support/redis.js';
import type { Verdict } from '../checker/check.js';
import { Build } from '../rig/build.js';
import type { PostgresProcess } from '../rig/postgres-process.js';
import { Random } from '../rig/random.js';
import { Trial } from '../rig/trial.js';
import type { InjectedNodeBug } from './node-bugs.js';

const TOPICS = ['short.a', 'short.b'];
const WARM = 60;
/** Longer than the other node takes to get something, so that who comes back has missed some. */
const AWAY_MS = 400;

/** A short load on two nodes that share a database and a Redis, what the bug needs to show, and the verdict. */
export async function runNodeLoad(
  postgres: PostgresProcess,
  redis: TestRedis,
  { rule, changes, blow }: Pick<InjectedNodeBug, 'rule' | 'changes' | 'blow'>,
): Promise<Verdict> {
  const name = `nodes_${rule.toLowerCase()}`;
  await postgres.query(`create database ${name}`);
  const build = Build.copy(changes);
  const env = { REDIS_URL: redis.url, WAYBILL_REDIS_PREFIX: name };
  const trial = await Trial.begin({
    name,
    build,
    databaseUrl: postgres.url(name),
    random: new Random(Date.now()),
    nodes: 2,
    env,
    pairs: 0,
  });
  try {
    // At the first node while it is there; what is published comes from the second.
    await trial.subscribe(TOPICS, 2, () => trial.socketUrlOf(trial.nodes[0]?.isRunning === true ? 0 : 1), AWAY_MS);
    const load = { topics: TOPICS, sockets: 1, rests: 0, subscribers: 0, inFlight: 4, pauseMs: 10 };
    await trial.publishBySocket(load, trial.socketUrlOf(1));
    await trial.untilAcked(WARM);
    await blow(trial, redis);
    return await trial.finish();
  } finally {
    await trial.dispose();
    build.remove();
    await postgres.query(`drop database ${name} with (force)`);
  }
}
