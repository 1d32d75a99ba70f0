import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../config/config.js';
import { nodeIdOf } from '../config/node-id.js';
import { RedisConnection } from './redis-connection.js';
import { RedisSubscriber } from './redis-subscriber.js';

/** How long the start waits for Redis before it goes on without, in milliseconds. */
const START_WAIT_MS = 2_000;

/** This node's two connections to Redis: one for commands, one for what is published. Made when they are first asked for. */
@Injectable()
export class RedisLinks implements OnApplicationShutdown {
  private commandLink: RedisConnection | undefined;
  private subscriptionLink: RedisSubscriber | undefined;

  constructor(private readonly config: Config) {}

  /** Whether this node has a Redis. Without one nothing else of this may be asked for. */
  get isConfigured(): boolean {
    return this.config.cluster.redisUrl !== undefined;
  }

  get commands(): RedisConnection {
    return (this.commandLink ??= new RedisConnection(`waybill ${nodeIdOf(this.config)} commands`, this.config, {
      enableAutoPipelining: true,
    }));
  }

  get subscriber(): RedisSubscriber {
    return (this.subscriptionLink ??= new RedisSubscriber(`waybill ${nodeIdOf(this.config)} subscriber`, this.config));
  }

  /** Waits for both, for a while: a node starts without its Redis too, and says that it is degraded. */
  async settled(): Promise<void> {
    await Promise.all([this.commands.settled(START_WAIT_MS), this.subscriber.settled(START_WAIT_MS)]);
  }

  /** Name of a key or channel, below the prefix that nodes of one cluster share. */
  key(...parts: readonly string[]): string {
    return [this.config.cluster.redisPrefix, ...parts].join(':');
  }

  /** Name of a key or channel of one topic: whatever belongs to a topic lies in one slot. */
  topicKey(kind: string, topic: string): string {
    return `${this.key(kind)}:{${topic}}`;
  }

  onApplicationShutdown(): void {
    this.subscriptionLink?.close();
    this.commandLink?.close();
  }
}
