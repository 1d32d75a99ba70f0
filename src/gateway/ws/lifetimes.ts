import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { DeadlineHeap } from './deadline-heap.js';
import type { Lifetime } from './lifetime.js';

/** Longest delay of a timer; longer ones would fire at once (Node, `setTimeout`). */
const MAX_TIMER_MS = 2_147_483_647;

/** One timer for the appointments of all connections: authentication, resumption, token expiry, idleness, age. */
@Injectable()
export class Lifetimes implements OnApplicationShutdown {
  private readonly heap = new DeadlineHeap<Lifetime>();
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;

  constructor(private readonly config: Config) {}

  get size(): number {
    return this.heap.size;
  }

  /** Places a lifetime anew after one of its times changed. */
  schedule(lifetime: Lifetime): void {
    lifetime.dueAt = lifetime.soonest(this.config.gateway);
    if (lifetime.dueAt === Infinity) this.heap.remove(lifetime);
    else this.heap.place(lifetime);
    this.arm();
  }

  remove(lifetime: Lifetime): void {
    this.heap.remove(lifetime);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
    this.timerAt = -Infinity;
  }

  private arm(): void {
    const { first } = this.heap;
    if (first === undefined || first.dueAt >= this.timerAt) return;
    clearTimeout(this.timer);
    this.timerAt = first.dueAt;
    const delay = Math.min(Math.max(Math.ceil(first.dueAt - performance.now()), 1), MAX_TIMER_MS);
    // What arrived while the loop was stalled is read first: an auth frame that came in time counts.
    this.timer = setTimeout(() => setImmediate(() => this.judge()), delay);
    this.timer.unref();
  }

  private judge(): void {
    if (this.timerAt === -Infinity) return;
    this.timerAt = Infinity;
    const now = performance.now();
    for (let due = this.heap.first; due !== undefined && due.dueAt <= now; due = this.heap.first) {
      const appointment = due.take(now, this.config.gateway);
      // Placed before it acts: closing removes it for good.
      due.dueAt = due.soonest(this.config.gateway);
      if (due.dueAt === Infinity) this.heap.remove(due);
      else this.heap.place(due);
      if (appointment === 'idle') this.heap.remove(due);
      if (appointment !== undefined) due.owner.keep(appointment);
    }
    this.arm();
  }
}
