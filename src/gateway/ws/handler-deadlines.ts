import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../../config/config.js';
import type { Command } from './command.js';

interface Watched {
  readonly command: Command;
  readonly expired: (command: Command) => void;
  readonly dueAt: number;
}

const PRUNE_FROM = 256;

/**
 * Deadlines of the handlers under way, over all connections. All are equally long, so a queue in starting order and one timer are
 * enough. Handlers that ended in time are pruned as the queue doubles, so that it stays in proportion to what is under way.
 */
@Injectable()
export class HandlerDeadlines implements OnApplicationShutdown {
  private queue: Watched[] = [];
  private pruneAt = PRUNE_FROM;
  private timer: NodeJS.Timeout | undefined;
  private readonly timeoutMs: number;

  constructor(config: Config) {
    this.timeoutMs = config.gateway.handlerTimeoutMs;
  }

  /** Calls `expired` at the deadline, unless the command has settled by then. */
  watch(command: Command, expired: (command: Command) => void): void {
    this.queue.push({ command, expired, dueAt: performance.now() + this.timeoutMs });
    if (this.queue.length >= this.pruneAt) this.prune();
    if (this.timer === undefined) this.arm(this.timeoutMs);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  private arm(delayMs: number): void {
    // The poll phase runs before the judgement, so that an answer which arrived during a stall of the event loop still counts.
    this.timer = setTimeout(() => setImmediate(() => this.judge()), delayMs);
    this.timer.unref();
  }

  private judge(): void {
    this.timer = undefined;
    this.prune();
    const now = performance.now();
    const expired = this.queue.filter((watched) => watched.dueAt <= now);
    this.queue = this.queue.slice(expired.length);
    const [next] = this.queue;
    if (next !== undefined) this.arm(Math.ceil(next.dueAt - now));
    for (const watched of expired) watched.expired(watched.command);
  }

  private prune(): void {
    this.queue = this.queue.filter((watched) => watched.command.state === 'running');
    this.pruneAt = Math.max(PRUNE_FROM, this.queue.length * 2);
  }
}
