import { afterAll, beforeAll } from 'vitest';
import { RedisLinks } from '../../src/cluster/redis-links.js';
import { RedisMemberStore } from '../../src/cluster/redis-member-store.js';
import { Config } from '../../src/config/config.js';
import { TestRedis } from '../support/redis.js';
import { describeMemberStore } from './member-store.suite.js';

let redis: TestRedis;
const opened: RedisLinks[] = [];
let clusters = 0;

beforeAll(async () => {
  redis = await TestRedis.start();
});

afterAll(async () => {
  for (const links of opened) links.onApplicationShutdown();
  await redis.stop();
});

describeMemberStore('RedisMemberStore', async (isFirst) => {
  if (isFirst) clusters += 1;
  const links = new RedisLinks(Config.from({ REDIS_URL: redis.url, WAYBILL_REDIS_PREFIX: `cluster-${clusters}` }));
  opened.push(links);
  await links.settled();
  return new RedisMemberStore(links);
});
