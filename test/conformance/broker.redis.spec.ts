import { afterAll, beforeAll } from 'vitest';
import { RedisBroker } from '../../src/broker/redis-broker.js';
import { linksTo } from '../support/redis-node.js';
import { TestRedis } from '../support/redis.js';
import { describeBroker } from './broker.suite.js';

let redis: TestRedis;
let opened = 0;

beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());

describeBroker('RedisBroker', async () => {
  opened += 1;
  const links = await Promise.all([linksTo(redis.url, `t${opened}`), linksTo(redis.url, `t${opened}`)]);
  const [first, second] = [new RedisBroker(links[0]), new RedisBroker(links[1])];
  return {
    first,
    second,
    close: async () => {
      await Promise.all([first.close(), second.close()]);
      for (const each of links) each.onApplicationShutdown();
    },
  };
});
