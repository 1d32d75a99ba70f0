import { RedisTicketShelf } from '../../src/auth/redis-ticket-shelf.js';
import { RedisLinks } from '../../src/cluster/redis-links.js';
import { Config } from '../../src/config/config.js';
import { TestRedis } from '../support/redis.js';
import { describeTicketShelf } from './ticket-shelf.suite.js';

describeTicketShelf('Redis', async () => {
  const redis = await TestRedis.start();
  const links = [1, 2].map((node) => new RedisLinks(Config.from({ REDIS_URL: redis.url, WAYBILL_NODE_ID: `node-${node}` }))) as [
    RedisLinks,
    RedisLinks,
  ];
  await Promise.all(links.map((link) => link.settled()));
  return {
    nodes: [new RedisTicketShelf(links[0]), new RedisTicketShelf(links[1])],
    close: async () => {
      for (const link of links) link.onApplicationShutdown();
      await redis.stop();
    },
  };
});
