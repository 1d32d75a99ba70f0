import type { Clock } from '../clock.js';

interface Timer {
  readonly at: number;
  readonly work: () => void;
  cancelled: boolean;
}

/** A clock that stands still until the test moves it. */
export class FakeClock implements Clock {
  #now: number;
  /** In the order in which they fall due; what is cancelled stays until its turn, so that ten thousand clients stay cheap. */
  readonly #timers: Timer[] = [];
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
    this.#timers.splice(this.#placeOf(timer.at), 0, timer);
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

  /** After all that fall due no later: equal times keep the order of their making. */
  #placeOf(at: number): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#timers[middle] as Timer).at <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #next(end: number): Timer | undefined {
    for (let first = this.#timers[0]; first !== undefined && first.at <= end; first = this.#timers[0]) {
      this.#timers.shift();
      if (!first.cancelled) return first;
    }
    return undefined;
  }
}

/** Resolves when every promise that could go on has gone on: one turn of the event loop. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
