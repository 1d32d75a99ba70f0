import type { TestRedis } from '../../support/redis.js';
import type { TcpProxy } from '../../support/tcp-proxy.js';
import type { PostgresProcess } from '../rig/postgres-process.js';
import type { Load, Trial, TrialOptions } from '../rig/trial.js';
import type { Workshop } from '../rig/workshop.js';
import { TOPICS } from './gateway-killed.js';

export const NODES = 3;
/** Pairs of a message and a user that the ledger is asked about in the long form. */
const PAIRS = 60;

/** What several nodes get together: publishers by both doors, subscribers on every node. */
export const NODE_LOAD: Load = { topics: TOPICS, sockets: 4, rests: 2, subscribers: 6, inFlight: 16, pauseMs: 8 };

/** A node's own ways to what all share. */
export interface Links {
  readonly redis: TcpProxy;
  readonly postgres: TcpProxy;
}

export interface SeveralNodes {
  readonly trial: Trial;
  readonly redis: TestRedis;
  readonly postgres: PostgresProcess;
  /** Of the nodes that were to have some, in their order. */
  readonly links: readonly Links[];
}

export interface SeveralNodesOptions extends Pick<TrialOptions, 'env' | 'nodeEnv' | 'nodeBuild' | 'pairs'> {
  /** Nodes, counted from 0, whose links to Redis and Postgres go over proxies of their own. */
  readonly linked?: readonly number[];
  /** Instead of the Redis itself, what stands before it. */
  readonly redisUrl?: (redis: TestRedis) => Promise<string>;
  readonly settings?: readonly string[];
}

/** Three nodes that share a Postgres and a Redis of their own, behind a balancer. */
export async function severalNodes(workshop: Workshop, options: SeveralNodesOptions = {}): Promise<SeveralNodes> {
  const { linked = [], redisUrl, settings = [], env = {}, nodeEnv = () => ({}), ...others } = options;
  // Asked of nodes that are busy with other tests, most answers would lack one.
  const pairs = options.pairs ?? workshop.either({ short: 0, long: PAIRS });
  const [postgres, redis] = await Promise.all([workshop.postgres({ settings }), workshop.redis()]);
  const links = await Promise.all(
    linked.map(async () => ({ redis: await workshop.proxy(redis.url), postgres: await workshop.proxy(postgres.url()) })),
  );
  const linksOf = (index: number): Readonly<Record<string, string>> => {
    const own = links[linked.indexOf(index)];
    return own === undefined ? {} : { REDIS_URL: own.redis.through(redis.url), DATABASE_URL: own.postgres.through(postgres.url()) };
  };
  const trial = await workshop.trial(postgres.url(), {
    nodes: NODES,
    env: { REDIS_URL: (await redisUrl?.(redis)) ?? redis.url, ...env },
    nodeEnv: (index) => ({ ...linksOf(index), ...nodeEnv(index) }),
    ...others,
    pairs,
  });
  return { trial, redis, postgres, links };
}
