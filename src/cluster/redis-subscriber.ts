import { Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { RedisConnection } from './redis-connection.js';

/** Channels named in one command, so that a node with many topics does not hold up the others. */
const BATCH = 1_000;

/** @param data what was published, as it came. */
export type ChannelListener = (data: Buffer, channel: string) => void;

/**
 * What this node is subscribed to at Redis, over one connection. The wish outlives the connection: after a loss all of it is subscribed
 * again, in batches, and only then is the link complete.
 */
export class RedisSubscriber {
  private readonly logger = new Logger('Redis');
  private readonly listeners = new Map<string, ChannelListener>();
  private readonly connection: RedisConnection;
  private readonly restoredListeners: (() => void)[] = [];
  private complete = false;

  constructor(name: string, config: Config) {
    this.connection = new RedisConnection(name, config);
    this.connection.on('up', () => void this.restore());
    this.connection.on('down', () => (this.complete = false));
    this.connection.client.on('messageBuffer', (channel: Buffer, data: Buffer) => {
      const key = channel.toString('latin1');
      this.listeners.get(key)?.(data, key);
    });
  }

  /** Whether all that is wished for is subscribed. */
  get isComplete(): boolean {
    return this.complete;
  }

  get trouble(): string | undefined {
    return this.connection.trouble;
  }

  /** Called each time the link is complete: what was published before is lost, what comes after is not. */
  onComplete(listener: () => void): void {
    this.restoredListeners.push(listener);
  }

  settled(withinMs: number): Promise<boolean> {
    return this.connection.settled(withinMs);
  }

  /** Resolves when the channel is subscribed. While Redis is away it resolves at once: the wish is kept, and `isComplete` says the rest. */
  async subscribe(channel: string, listener: ChannelListener): Promise<void> {
    this.listeners.set(channel, listener);
    if (!this.complete) return;
    try {
      await this.connection.client.subscribe(channel);
    } catch (error) {
      // Whether it was done is not known: all of it is done again.
      if (this.complete) this.renew(error);
    }
  }

  async unsubscribe(channel: string): Promise<void> {
    if (this.listeners.delete(channel) && this.complete) await this.connection.client.unsubscribe(channel);
  }

  /** Makes the connection anew, because it is up and yet does not bring what is published. */
  renew(reason: unknown): void {
    this.logger.warn(`The subscriptions at Redis are made anew: ${reason instanceof Error ? reason.message : String(reason)}`);
    this.complete = false;
    this.connection.renew();
  }

  close(): void {
    this.connection.close();
  }

  private async restore(): Promise<void> {
    try {
      const done = new Set<string>();
      for (let missing = this.missing(done); missing.length > 0; missing = this.missing(done)) {
        await this.connection.client.subscribe(...missing);
        for (const channel of missing) done.add(channel);
      }
    } catch (error) {
      if (this.connection.up) this.renew(error);
      return;
    }
    this.complete = true;
    for (const listener of this.restoredListeners) listener();
  }

  private missing(done: ReadonlySet<string>): string[] {
    const missing: string[] = [];
    for (const channel of this.listeners.keys()) {
      if (missing.length === BATCH) break;
      if (!done.has(channel)) missing.push(channel);
    }
    return missing;
  }
}
