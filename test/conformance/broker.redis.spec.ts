import { afterAll, beforeAll } from 'vitest';
import { RedisBroker } from '../../src/broker/redis-broker.js';
import { RedisLinks } from '../../src/cluster/redis-links.js';
import { Config } from '../../src/config/config.js';
import { TestRedis } from '../support/redis.js';
import { describeBroker } from './broker.suite.js';

let redis: TestRedis;
let opened = 0;

beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());

/** One node's end; those with the same prefix are of one cluster. */
async function nodeOf(prefix: string): Promise<{ readonly broker: RedisBroker; readonly links: RedisLinks }> {
  const links = new RedisLinks(Config.from({ REDIS_URL: redis.url, WAYBILL_REDIS_PREFIX: prefix }));
  await links.settled();
  return { links, broker: new RedisBroker(links) };
}

describeBroker('RedisBroker', async () => {
  opened += 1;
  const [first, second] = await Promise.all([nodeOf(`t${opened}`), nodeOf(`t${opened}`)]);
  return {
    first: first.broker,
    second: second.broker,
    close: async () => {
      for (const { broker, links } of [first, second]) {
        await broker.close();
        links.onApplicationShutdown();
      }
    },
  };
});
