import { Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { RedisConnection } from './redis-connection.js';

/** Channels named in one command, so that a node with many topics does not hold up the others. */
const BATCH = 1_000;

/** @param data what was published, as it came. */
export type ChannelListener = (data: Buffer, channel: string) => void;

/**
 * What this node is subscribed to at Redis, over one connection. The wish outlives the connection: after a loss all of it is subscribed
 * again, and only then is the link complete. What is wished for within a turn of the event loop, or while Redis has not answered yet, goes
 * out together, in batches.
 */
export class RedisSubscriber {
  private readonly logger = new Logger('Redis');
  private readonly listeners = new Map<string, ChannelListener>();
  /** What Redis has confirmed, over this connection. */
  private readonly confirmed = new Set<string>();
  /** Channels whose wish may differ from that. */
  private readonly changed = new Set<string>();
  private readonly connection: RedisConnection;
  private readonly sharded: boolean;
  private readonly completeListeners: (() => void)[] = [];
  private readonly lostListeners: (() => void)[] = [];
  private complete = false;
  /** Counts connections. */
  private attempts = 0;
  private lastHeardAt = -Infinity;
  /** The exchange with Redis that has not begun yet. */
  private next: Promise<void> | undefined;
  private underWay: Promise<void> = Promise.resolve();

  constructor(name: string, config: Config) {
    this.sharded = config.cluster.redisSharded;
    this.connection = new RedisConnection(name, config);
    this.connection.on('up', () => void this.restore());
    this.connection.on('down', () => this.lose());
    this.connection.client.on(this.sharded ? 'smessageBuffer' : 'messageBuffer', (channel: Buffer, data: Buffer) => {
      this.lastHeardAt = performance.now();
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

  /** When anything was last brought: milliseconds, monotonic. */
  get heardAt(): number {
    return this.lastHeardAt;
  }

  /** Called each time the link is complete: what was published before is lost, what comes after is not. */
  onComplete(listener: () => void): void {
    this.completeListeners.push(listener);
  }

  /** Called each time the link is complete no more. */
  onLost(listener: () => void): void {
    this.lostListeners.push(listener);
  }

  settled(withinMs: number): Promise<boolean> {
    return this.connection.settled(withinMs);
  }

  /** Resolves when the channel is subscribed. While Redis is away it resolves at once: the wish is kept, and `isComplete` says the rest. */
  async subscribe(channel: string, listener: ChannelListener): Promise<void> {
    this.listeners.set(channel, listener);
    this.changed.add(channel);
    if (this.connection.up) await this.exchange();
  }

  async unsubscribe(channel: string): Promise<void> {
    if (!this.listeners.delete(channel)) return;
    this.changed.add(channel);
    if (this.connection.up) await this.exchange();
  }

  /** Makes the connection anew, because it is up and yet does not bring what is published. */
  renew(reason: unknown): void {
    this.logger.warn(`The subscriptions at Redis are made anew: ${reason instanceof Error ? reason.message : String(reason)}`);
    this.lose();
    this.connection.renew();
  }

  close(): void {
    this.connection.close();
  }

  private lose(): void {
    if (!this.complete) return;
    this.complete = false;
    for (const listener of this.lostListeners) listener();
  }

  private async restore(): Promise<void> {
    const attempt = (this.attempts += 1);
    const isOver = (): boolean => attempt !== this.attempts || !this.connection.up;
    this.confirmed.clear();
    this.changed.clear();
    for (const channel of this.listeners.keys()) this.changed.add(channel);
    do await this.exchange();
    while (this.changed.size > 0 && !isOver());
    if (isOver()) return;
    this.complete = true;
    for (const listener of this.completeListeners) listener();
  }

  /** Resolves when everything that is wished for now has been answered, or the connection was given up. */
  private exchange(): Promise<void> {
    this.next ??= this.underWay.then(() => {
      this.next = undefined;
      this.underWay = this.send();
      return this.underWay;
    });
    return this.next;
  }

  /** Whether a command that failed was done is not known: then all of it is done again. */
  private async send(): Promise<void> {
    try {
      while (this.changed.size > 0) {
        const { added, removed } = this.takeBatch();
        await Promise.all([this.tell('subscribe', added), this.tell('unsubscribe', removed)]);
        for (const channel of added) this.confirmed.add(channel);
        for (const channel of removed) this.confirmed.delete(channel);
      }
    } catch (error) {
      if (this.connection.up) this.renew(error);
    }
  }

  private takeBatch(): { readonly added: string[]; readonly removed: string[] } {
    const [added, removed]: [string[], string[]] = [[], []];
    for (const channel of this.changed) {
      this.changed.delete(channel);
      const wished = this.listeners.has(channel);
      if (wished === this.confirmed.has(channel)) continue;
      (wished ? added : removed).push(channel);
      if (added.length === BATCH || removed.length === BATCH) break;
    }
    return { added, removed };
  }

  private async tell(command: 'subscribe' | 'unsubscribe', channels: readonly string[]): Promise<void> {
    const { client } = this.connection;
    // Channels of one command would have to lie in one slot.
    if (this.sharded) await Promise.all(channels.map((channel) => client[`s${command}`](channel)));
    else if (channels.length > 0) await client[command](...channels);
  }
}
