import { Module } from '@nestjs/common';
import { Config } from '../config/config.js';
import { nodeIdOf } from '../config/node-id.js';
import { MemoryNodeChannel } from './memory-node-channel.js';
import { NodeChannel } from './node-channel.js';
import { RedisLinks } from './redis-links.js';
import { RedisNodeChannel } from './redis-node-channel.js';

/** What joins this node with others: with a Redis they find one another there, without one it is alone. */
@Module({
  providers: [
    RedisLinks,
    {
      provide: NodeChannel,
      inject: [Config, RedisLinks],
      useFactory: (config: Config, links: RedisLinks): Promise<NodeChannel> | NodeChannel =>
        links.isConfigured ? RedisNodeChannel.open(nodeIdOf(config), links) : new MemoryNodeChannel(nodeIdOf(config)),
    },
  ],
  exports: [RedisLinks, NodeChannel],
})
export class ClusterModule {}
