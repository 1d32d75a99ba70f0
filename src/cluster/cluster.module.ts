import { type BeforeApplicationShutdown, Global, Module } from '@nestjs/common';
import { Config } from '../config/config.js';
import { nodeIdOf } from '../config/node-id.js';
import { ClusterCalls } from './cluster-calls.js';
import { MemoryMemberStore } from './memory-member-store.js';
import { MemorySharedCounts } from './memory-shared-counts.js';
import { MemoryNodeChannel } from './memory-node-channel.js';
import { MemberStore } from './member-store.js';
import { NodeChannel } from './node-channel.js';
import { Nudges } from './nudges.js';
import { RedisLinks } from './redis-links.js';
import { RedisMemberStore } from './redis-member-store.js';
import { RedisNodeChannel } from './redis-node-channel.js';
import { Registry } from './registry.js';
import { RedisSharedCounts } from './redis-shared-counts.js';
import { SharedCounts } from './shared-counts.js';

/** What joins this node with others: with a Redis they find one another there, without one it is alone. */
@Global()
@Module({
  providers: [
    RedisLinks,
    Nudges,
    {
      provide: SharedCounts,
      inject: [Config, RedisLinks],
      useFactory: (config: Config, links: RedisLinks): SharedCounts =>
        links.isConfigured ? new RedisSharedCounts(nodeIdOf(config), links) : new MemorySharedCounts(nodeIdOf(config)),
    },
    {
      provide: NodeChannel,
      inject: [Config, RedisLinks],
      useFactory: (config: Config, links: RedisLinks): Promise<NodeChannel> | NodeChannel =>
        links.isConfigured ? RedisNodeChannel.open(nodeIdOf(config), links) : new MemoryNodeChannel(nodeIdOf(config)),
    },
    {
      provide: MemberStore,
      inject: [RedisLinks],
      useFactory: (links: RedisLinks): MemberStore => (links.isConfigured ? new RedisMemberStore(links) : new MemoryMemberStore()),
    },
    {
      provide: Registry,
      inject: [Config, NodeChannel, MemberStore],
      useFactory: (config: Config, channel: NodeChannel, store: MemberStore) => new Registry(config, channel, store),
    },
    {
      provide: ClusterCalls,
      inject: [Config, NodeChannel, Registry],
      useFactory: ({ cluster }: Config, channel: NodeChannel, registry: Registry) => new ClusterCalls(cluster, channel, registry),
    },
  ],
  exports: [RedisLinks, NodeChannel, Registry, ClusterCalls, Nudges, SharedCounts],
})
export class ClusterModule implements BeforeApplicationShutdown {
  constructor(private readonly registry: Registry) {}

  /** After the gateway has sent everybody away, while Redis can still be told. */
  beforeApplicationShutdown(): Promise<void> {
    return this.registry.stop();
  }
}
