import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis, RedisOptions } from 'ioredis';
import type { Config } from '../config/config.js';
import { RedisScript } from './redis-script.js';

/** A node without Redis starts without its client, which takes some 70 ms of processor time to load. */
const load = createRequire(import.meta.url);
const CONNECT_TIMEOUT_MS = 2_000;
const KEEP_ALIVE_MS = 5_000;
/** A connection that hears nothing for so many pings is dead, whatever the kernel says. */
const SILENT_PINGS = 3;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2_000;

interface Events {
  /** It can be used, for the first time or again. */
  up: [];
  down: [];
}

/**
 * One connection to Redis that comes back by itself. Nothing waits for it: a command that is given while it is down fails at once, and one
 * that gets no answer fails after `cluster.redisTimeoutMs`. Silence is found by pings, because a server that hangs keeps its sockets open.
 */
export class RedisConnection extends EventEmitter<Events> {
  readonly client: Redis;
  private readonly pingMs: number;
  private isUp = false;
  private closed = false;
  private timer: NodeJS.Timeout | undefined;
  /** Of the last attempt to connect, for people. */
  private problem: string | undefined;

  constructor(name: string, { cluster }: Config, options: RedisOptions = {}) {
    super();
    const { redisUrl, redisTimeoutMs, redisPingMs } = cluster;
    if (redisUrl === undefined) throw new Error('no Redis is configured');
    this.pingMs = redisPingMs;
    const { Redis: Client } = load('ioredis') as { readonly Redis: typeof Redis };
    this.client = new Client(redisUrl, {
      connectionName: name,
      commandTimeout: redisTimeoutMs,
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: Math.max(redisTimeoutMs, SILENT_PINGS * redisPingMs),
      keepAlive: KEEP_ALIVE_MS,
      enableOfflineQueue: false,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => (this.closed ? null : retryAfter(attempt)),
      ...options,
    });
    RedisScript.teach(this.client);
    this.client.on('ready', () => this.begin());
    this.client.on('close', () => this.end());
    // Without a listener it would end the process. What it says is in `trouble`; that it is down, in `up`.
    this.client.on('error', (error: Error) => (this.problem = error.message));
  }

  get up(): boolean {
    return this.isUp;
  }

  /** Why it is down, as far as that is known. */
  get trouble(): string | undefined {
    return this.isUp ? undefined : this.problem;
  }

  /** Resolves when it is up, or after so many milliseconds; answers whether it is. */
  async settled(withinMs: number): Promise<boolean> {
    const waiting = new AbortController();
    const came = new Promise<void>((resolve) => this.once('up', resolve));
    if (!this.isUp) await Promise.race([came, delay(withinMs, undefined, { signal: waiting.signal }).catch(() => undefined)]);
    waiting.abort();
    return this.isUp;
  }

  /** Gives this connection up, because what it says cannot be trusted; it makes itself anew. */
  renew(): void {
    this.client.disconnect(true);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.client.disconnect();
  }

  private begin(): void {
    this.isUp = true;
    this.problem = undefined;
    this.ping();
    this.emit('up');
  }

  private end(): void {
    clearTimeout(this.timer);
    if (!this.isUp) return;
    this.isUp = false;
    this.emit('down');
  }

  private ping(): void {
    this.timer = setTimeout(() => {
      // A ping that fails needs no answer of ours: the socket's silence ends it.
      this.client.ping().catch(() => undefined);
      this.ping();
    }, this.pingMs);
    this.timer.unref();
  }
}

/** Longer from attempt to attempt, and never the same for two nodes. */
function retryAfter(attempt: number): number {
  const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10));
  return Math.ceil(longest * (0.5 + Math.random() / 2));
}
