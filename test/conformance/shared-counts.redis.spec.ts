import { RedisLinks } from '../../src/cluster/redis-links.js';
import { RedisSharedCounts } from '../../src/cluster/redis-shared-counts.js';
import { Config } from '../../src/config/config.js';
import { TestRedis } from '../support/redis.js';
import { describeSharedCounts } from './shared-counts.suite.js';

describeSharedCounts('RedisSharedCounts', async () => {
  const redis = await TestRedis.start();
  const links = ['node-1', 'node-2'].map((name) => new RedisLinks(Config.from({ REDIS_URL: redis.url, WAYBILL_NODE_ID: name })));
  for (const link of links) await link.commands.settled(5_000);
  return {
    node: (name: string) => new RedisSharedCounts(name, links[name === 'node-1' ? 0 : 1] as RedisLinks),
    forget: async () => {
      await redis.stop();
      await redis.start();
      for (const link of links) await link.commands.settled(5_000);
    },
    close: async () => {
      for (const link of links) link.onApplicationShutdown();
      await redis.stop();
    },
  };
});
