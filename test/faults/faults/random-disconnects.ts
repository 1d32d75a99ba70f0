import { setTimeout as delay } from 'node:timers/promises';
import type { TestRedis } from '../../support/redis.js';
import { Wanderer } from '../load/wanderer.js';
import { tokenFor } from '../rig/credentials.js';
import type { Trial, TrialOptions } from '../rig/trial.js';
import type { Workshop } from '../rig/workshop.js';
import { type Fault, unmet } from './fault.js';
import { NODES, severalNodes } from './several-nodes.js';

const DURABLE = ['load.a', 'load.b', 'load.c'];
const EPHEMERAL = ['mem.a', 'mem.b'];
const LOSSY = ['latest.a', 'oldest.a', 'slow.a'];
const NAMESPACES = JSON.stringify({
  mem: { durable: false, buffer_length: 50 },
  latest: { slow: 'keep_latest' },
  oldest: { slow: 'drop_oldest' },
});
/** So small that what is not read soon waits in the gateway, and overflows. */
const QUEUE_BYTES = 131_072;
const FLOOD_BYTES = 40_000;
const ROUND_MS = { short: 2_500, long: 6_000 };

/** How long there is no Redis. */
const REDIS_AWAY_MS = 1_000;

type Blow = (trial: Trial, redis: TestRedis | undefined) => Promise<void>;
type Ground = Pick<TrialOptions, 'env' | 'pairs'>;

/** Clients that come and go in every way, while all kinds of topics are published to. */
export const randomDisconnects: Fault = fault('TRUTH', 'clients come and go in every way', { short: 3, long: 6 }, () => Promise.resolve());

/** The same, and the gateway is stopped in order and started again under them. */
export const restartedUnderWanderers: Fault = fault(
  'TRUTH-restart',
  'and the gateway is restarted in order',
  { short: 2, long: 4 },
  (trial) => trial.replaceNode(),
);

/** The same, and the gateway is killed under them. */
export const killedUnderWanderers: Fault = fault('TRUTH-kill', 'and the gateway is killed (kill -9)', { short: 2, long: 4 }, (trial) =>
  trial.restartNode(),
);

/** The same over three nodes: each in turn is killed, stopped in order, or all of them lose Redis. Every node is asked. */
export const nodesUnderWanderers: Fault = fault(
  'TRUTH-nodes',
  'and three nodes are killed and restarted, and Redis, too',
  { short: 3, long: 6 },
  (trial, redis) => {
    const index = trial.random.below(NODES);
    return trial.random.pick([() => trial.restartNode(index), () => trial.replaceNode(index), () => restart(redis)])();
  },
  async (workshop, options) => {
    const { trial, redis } = await severalNodes(workshop, options);
    return { trial, redis };
  },
);

async function restart(redis: TestRedis | undefined): Promise<void> {
  await redis?.stop();
  await delay(REDIS_AWAY_MS);
  await redis?.start();
}

async function oneNode(workshop: Workshop, options: Ground): Promise<{ readonly trial: Trial; readonly redis?: TestRedis }> {
  const postgres = await workshop.postgres();
  return { trial: await workshop.trial(postgres.url(), options) };
}

function fault(
  id: string,
  title: string,
  rounds: { readonly short: number; readonly long: number },
  blow: Blow,
  begin: (workshop: Workshop, options: Ground) => Promise<{ readonly trial: Trial; readonly redis?: TestRedis }> = oneNode,
): Fault {
  return {
    id,
    title,
    times: 3,
    async run(workshop) {
      const env = { WAYBILL_NAMESPACES: NAMESPACES, WAYBILL_QUEUE_BYTES: String(QUEUE_BYTES) };
      const { trial, redis } = await begin(workshop, { env, pairs: workshop.either({ short: 120, long: 1_200 }) });
      const wanderers = await beginWandering(workshop, trial);
      await beginPublishing(trial, wanderers.length);
      for (let round = 0; round < workshop.either(rounds); round += 1) {
        await delay(workshop.either(ROUND_MS) * workshop.random.between(0.7, 1.3));
        await blow(trial, redis);
      }
      await delay(workshop.either(ROUND_MS) / 2);
      await Promise.all(wanderers.map((wanderer, index) => wanderer.rest(index % 2 === 0)));
      const verdict = await trial.finish();
      const { pairs, outcomes, recipients, writtenNotLogged } = verdict.figures.ledger;
      const problems = wanderers.flatMap((wanderer) => wanderer.problems);
      return {
        kind: 'run',
        trial,
        verdict,
        figures: {
          pairs,
          'false statements': verdict.figures.falseStatements,
          'said unknown': share(outcomes['unknown'], pairs),
          'said unconfirmed': share(outcomes['unconfirmed'], pairs),
          'written, not logged': share(writtenNotLogged, recipients['written'] ?? 0),
        },
        failures: [...problems, ...unmet([pairs > 0, 'the ledger answered nothing'])],
      };
    },
  };
}

async function beginWandering(workshop: Workshop, trial: Trial): Promise<readonly Wanderer[]> {
  const wanderers: Wanderer[] = [];
  workshop.onEnd(() => wanderers.forEach((wanderer) => wanderer.stop()));
  const { socketUrl, httpUrl } = trial;
  for (let index = 0; index < workshop.either({ short: 16, long: 40 }); index += 1) {
    // Every fourth is a second device of the one before it.
    const user = userOf(index % 4 === 3 ? index - 1 : index);
    const options = {
      name: `w${index}`,
      user,
      socketUrl,
      httpUrl,
      token: await tokenFor(user),
      topics: [...DURABLE, ...EPHEMERAL, ...LOSSY],
    };
    wanderers.push(new Wanderer(options, trial.journal, workshop.random.branch()));
  }
  return wanderers;
}

async function beginPublishing(trial: Trial, wanderers: number): Promise<void> {
  const base = { sockets: 1, rests: 0, subscribers: 0, inFlight: 8, pauseMs: 15 } as const;
  await trial.subscribe([...DURABLE, ...EPHEMERAL], 2);
  await trial.publishBySocket({ ...base, topics: DURABLE });
  await trial.publishByRest({ ...base, topics: DURABLE, pauseMs: 30 });
  // A topic in memory knows no repeats.
  await trial.publishBySocket({ ...base, topics: EPHEMERAL, retries: false, repeats: 0 });
  await trial.publishByRest({ ...base, topics: ['$all', ...Array.from({ length: wanderers }, (_, index) => `$user.${userOf(index)}`)] });
  await trial.publishBySocket({ ...base, topics: LOSSY, inFlight: 4, pauseMs: 12, payloadBytes: FLOOD_BYTES });
}

function userOf(index: number): string {
  return `walker-${index}`;
}

function share(part: number | undefined, whole: number): string {
  return whole === 0 ? '-' : `${((100 * (part ?? 0)) / whole).toFixed(1)} %`;
}
