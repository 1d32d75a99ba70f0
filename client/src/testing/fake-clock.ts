import type { Clock } from '../clock.js';
import { TimerQueue } from './timer-queue.js';

interface Timer {
  readonly at: number;
  readonly work: () => void;
  cancelled: boolean;
}

/** A clock that stands still until the test moves it. */
export class FakeClock implements Clock {
  #now: number;
  /** What is cancelled stays until its turn: finding it would cost more. */
  readonly #timers = new TimerQueue<Timer>();
  #pending = 0;

  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#pending;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), work, cancelled: false };
    this.#timers.add(timer);
    this.#pending += 1;
    return () => {
      if (timer.cancelled) return;
      timer.cancelled = true;
      this.#pending -= 1;
    };
  }

  /** Moves time on, runs what falls due in its order, and lets everything that follows from it happen. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      next.cancelled = true;
      this.#pending -= 1;
      this.#now = Math.max(this.#now, next.at);
      next.work();
      await settled();
    }
    this.#now = end;
  }

  #next(end: number): Timer | undefined {
    for (let first = this.#timers.first; first !== undefined && first.at <= end; first = this.#timers.first) {
      this.#timers.removeFirst();
      if (!first.cancelled) return first;
    }
    return undefined;
  }
}

/** Node's own, as it was before a test put a false one in its place; browsers have none. */
const { setImmediate: nextTurn } = globalThis as { readonly setImmediate?: (work: () => void) => unknown };

/** Resolves when every promise that could go on has gone on: one turn of the event loop. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    // A channel for each turn is most of what ten thousand clients cost.
    if (nextTurn !== undefined) return void nextTurn(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
