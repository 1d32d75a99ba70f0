import { RedisTicketShelf } from '../../src/auth/redis-ticket-shelf.js';
import { TestRedis } from '../support/redis.js';
import { linksTo } from '../support/redis-node.js';
import { describeTicketShelf } from './ticket-shelf.suite.js';

describeTicketShelf('Redis', async () => {
  const redis = await TestRedis.start();
  const links = [await linksTo(redis.url, 'tickets'), await linksTo(redis.url, 'tickets')] as const;
  return {
    nodes: [new RedisTicketShelf(links[0]), new RedisTicketShelf(links[1])],
    close: async () => {
      for (const link of links) link.onApplicationShutdown();
      await redis.stop();
    },
  };
});
