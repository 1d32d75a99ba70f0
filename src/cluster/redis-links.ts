import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../config/config.js';
import { nodeIdOf } from '../config/node-id.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { RedisConnection } from './redis-connection.js';
import { RedisSubscriber } from './redis-subscriber.js';
import { RoundTrip } from './round-trip.js';

/** How long the start waits for Redis before it goes on without, in milliseconds. */
const START_WAIT_MS = 2_000;
/** Turns of the round trip within the time of a ping: what is lost while a link is silent is looked for after at most one ping's time. */
const TURNS_PER_PING = 2;

/** This node's two connections to Redis: one for commands, one for what is published. Made when they are first asked for. */
@Injectable()
export class RedisLinks implements OnApplicationShutdown {
  private commandLink: RedisConnection | undefined;
  private subscriptionLink: RedisSubscriber | undefined;
  private way: RoundTrip | undefined;

  constructor(
    private readonly config: Config,
    private readonly telemetry: Telemetry,
  ) {}

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

  /** Whether what is published at Redis comes to this node, and how long that takes. */
  get roundTrip(): RoundTrip {
    const { commands, subscriber } = this;
    const publish = (channel: string, data: string): Promise<number> => this.publish(channel, data);
    const channel = (tag: string): string => this.key('probe', tag);
    const everyMs = this.config.cluster.redisPingMs / TURNS_PER_PING;
    return (this.way ??= new RoundTrip({ commands, subscriber, publish, channel }, this.telemetry, everyMs));
  }

  /** The command that publishes to what `subscriber` listens to. */
  get publishCommand(): 'publish' | 'spublish' {
    return this.config.cluster.redisSharded ? 'spublish' : 'publish';
  }

  publish(channel: string, data: string): Promise<number> {
    const { client } = this.commands;
    return this.publishCommand === 'spublish' ? (client.spublish(channel, data) as Promise<number>) : client.publish(channel, data);
  }

  /** Waits for both, and until what is published is heard, for a while: a node starts without its Redis too, and says that it is degraded. */
  async settled(): Promise<void> {
    await this.roundTrip.settled(START_WAIT_MS);
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
    this.way?.close();
    this.subscriptionLink?.close();
    this.commandLink?.close();
  }
}
