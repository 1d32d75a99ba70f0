/** Of the time between two beats, so much at random, so that nodes that were started together do not beat together. */
const SPREAD = 0.1;

export interface Pace {
  readonly everyMs: number;
  /** Failures make the pauses longer, up to this; and never longer than this. */
  readonly longestMs: number;
}

/**
 * Does one thing again and again, never twice at a time. The pause begins when the last one is done and is never shorter than that took: a peer that
 * answers slowly is asked less often, and what asks never holds up its own process. One that fails is waited for longer each time.
 */
export class Heartbeat {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private failures = 0;
  private stopped = false;

  /** @param beat rejects where it was refused; that is its own to tell of. */
  constructor(
    private readonly beat: () => Promise<void>,
    private readonly pace: Pace,
  ) {}

  /** The first beat comes after a pause. */
  start(): void {
    this.schedule(this.pace.everyMs);
  }

  /** Beats now or, while it does, once more right after. Resolves when that beat is done, whether it was refused or not. */
  now(): Promise<void> {
    if (this.running === undefined) return this.run();
    this.next ??= this.running.then(() => {
      this.next = undefined;
      return this.run();
    });
    return this.next;
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private run(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    clearTimeout(this.timer);
    this.running = this.once().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async once(): Promise<void> {
    const began = performance.now();
    try {
      await this.beat();
      this.failures = 0;
    } catch {
      this.failures += 1;
    }
    const took = performance.now() - began;
    this.schedule(Math.max(took, this.pauseMs));
  }

  private get pauseMs(): number {
    const { everyMs, longestMs } = this.pace;
    return Math.min(Math.max(everyMs, longestMs), everyMs * 2 ** Math.min(this.failures, 10)) * (1 - SPREAD * Math.random());
  }

  private schedule(ms: number): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.run(), ms);
    this.timer.unref();
  }
}
