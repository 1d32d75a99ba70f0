import { setTimeout as delay } from 'node:timers/promises';

const TICK_MS = 5;

/** How many things are due at this timestamp, at a rate: a late tick makes up for what it missed. */
export class Pace {
  private readonly startedAt = performance.now();
  private done = 0;

  /** @param perSecond undefined: no limit */
  constructor(private readonly perSecond: number | undefined) {}

  /** Waits until at least one is due; answers how many are, and from when each of them was, by `performance.now`. */
  async due(): Promise<readonly number[]> {
    const { perSecond } = this;
    if (perSecond === undefined) return [performance.now()];
    for (;;) {
      const now = performance.now();
      const due = Math.floor(((now - this.startedAt) / 1_000) * perSecond) + 1;
      if (due > this.done) {
        const times = Array.from({ length: due - this.done }, (_, index) => this.startedAt + ((this.done + index) / perSecond) * 1_000);
        this.done = due;
        return times;
      }
      await delay(Math.min(1_000, Math.max(TICK_MS, this.startedAt + (this.done / perSecond) * 1_000 - now)));
    }
  }
}
