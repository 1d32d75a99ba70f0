import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { Redis } from 'ioredis';
import { RedisBroker } from '../../src/broker/redis-broker.js';
import { linksTo } from '../support/redis-node.js';
import { TestRedis } from '../support/redis.js';
import { type BrokersUnderTest, describeBroker } from './broker.suite.js';

const LAST_SLOT = 16_383;
const WINDOW = { redisInFlight: 1_000, redisInFlightBytes: 1_000_000 };

let redis: TestRedis;
/** One shard of a Redis Cluster, which owns all slots. */
let shard: TestRedis;
let directory: string;
let opened = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-shard-'));
  const options = ['--cluster-enabled', 'yes', '--dir', directory];
  [redis, shard] = await Promise.all([TestRedis.start(), TestRedis.start(options)]);
  const setup = new Redis(shard.url);
  await setup.cluster('ADDSLOTSRANGE', 0, LAST_SLOT);
  await vi.waitFor(async () => expect(await setup.cluster('INFO')).toContain('cluster_state:ok'), { timeout: 20_000 });
  setup.disconnect();
});
afterAll(async () => {
  await Promise.all([redis.stop(), shard.stop()]);
  await rm(directory, { recursive: true });
});

async function twoAt(url: string, env: Readonly<Record<string, string>> = {}): Promise<BrokersUnderTest> {
  opened += 1;
  const links = await Promise.all([linksTo(url, `t${opened}`, env), linksTo(url, `t${opened}`, env)]);
  const [first, second] = [new RedisBroker(links[0], WINDOW), new RedisBroker(links[1], WINDOW)];
  return {
    first,
    second,
    clockErrorMs: () => links[0].roundTrip.clock.errorMs + links[1].roundTrip.clock.errorMs,
    close: async () => {
      await Promise.all([first.close(), second.close()]);
      for (const each of links) each.onApplicationShutdown();
    },
  };
}

describeBroker('RedisBroker', () => twoAt(redis.url));
describeBroker('RedisBroker, sharded', () => twoAt(shard.url, { WAYBILL_REDIS_SHARDED: 'true' }));
