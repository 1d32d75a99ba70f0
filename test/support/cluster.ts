import { migratedDatabase } from './migrated-database.js';
import type { TestDatabase } from './postgres.js';
import { startGateway, type TestGateway, type TestGatewayOptions } from './gateway.js';
import { TestRedis } from './redis.js';

/** Several gateways in this process that share a database and a Redis of their own. */
export interface TestCluster {
  readonly nodes: readonly TestGateway[];
  readonly redis: TestRedis;
  readonly database: TestDatabase;
  /** One more node; it is stopped with the others, or before. */
  add(options?: TestGatewayOptions): Promise<TestGateway>;
  stop(): Promise<void>;
}

/** Nodes are named `node-1` and so on. `options` hold for each of them. */
export async function startCluster(count: number, options: TestGatewayOptions = {}): Promise<TestCluster> {
  const [database, redis] = await Promise.all([migratedDatabase(), TestRedis.start()]);
  const nodes: TestGateway[] = [];
  const cluster: TestCluster = {
    nodes,
    redis,
    database,
    add: async (more = {}) => {
      const env = { REDIS_URL: redis.url, WAYBILL_NODE_ID: `node-${nodes.length + 1}`, ...options.env, ...more.env };
      const node = await startGateway({ ...options, ...more, database, env });
      nodes.push(node);
      return node;
    },
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
      await redis.stop();
      await database.drop();
    },
  };
  for (let index = 0; index < count; index += 1) await cluster.add();
  return cluster;
}
