import { afterAll, beforeAll } from 'vitest';
import type { RedisLinks } from '../../src/cluster/redis-links.js';
import { RedisMemberStore } from '../../src/cluster/redis-member-store.js';
import { TestRedis } from '../support/redis.js';
import { linksTo } from '../support/redis-node.js';
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
  const links = await linksTo(redis.url, `cluster-${clusters}`);
  opened.push(links);
  return new RedisMemberStore(links);
});
