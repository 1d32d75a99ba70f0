import { RedisSharedCounts } from '../../src/cluster/redis-shared-counts.js';
import { TestRedis } from '../support/redis.js';
import { linksTo } from '../support/redis-node.js';
import { describeSharedCounts } from './shared-counts.suite.js';

describeSharedCounts('RedisSharedCounts', async () => {
  const redis = await TestRedis.start();
  const links = [await linksTo(redis.url, 'counts'), await linksTo(redis.url, 'counts')] as const;
  return {
    node: (name: string) => new RedisSharedCounts(name, links[name === 'node-1' ? 0 : 1]),
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
