/** Readers do not hold up the writer for longer. */
const LONGEST_PAUSE_MS = 500;

/** Calls work that must not overlap: now, or a little later together with what comes until then. Work must not reject. */
export class FlushLoop {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private stopped = false;
  private readonly pauses = new Set<Promise<void>>();

  constructor(
    private readonly work: () => Promise<void>,
    private readonly delayMs: number,
  ) {}

  /** Within the delay. */
  soon(): void {
    if (this.stopped || this.timer !== undefined) return;
    this.timer = setTimeout(() => this.now(), this.delayMs);
    this.timer.unref();
  }

  /** As soon as what is under way has ended; what comes in this turn of the event loop is part of it. */
  now(): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.running === undefined) this.running = this.run();
    else this.again = true;
  }

  /** Nothing is begun while `reader` is under way, for a bounded time. What is under way is waited for. */
  async pausedFor<T>(reader: () => Promise<T>): Promise<T> {
    await this.running;
    const reading = reader();
    const pause = Promise.race([
      reading.then(
        () => undefined,
        () => undefined,
      ),
      elapsed(LONGEST_PAUSE_MS),
    ]);
    this.pauses.add(pause);
    void pause.finally(() => this.pauses.delete(pause));
    return reading;
  }

  /** Begins nothing more; answers whether what was under way ended in time. */
  async stop(longestMs: number): Promise<boolean> {
    this.stopped = true;
    clearTimeout(this.timer);
    await Promise.race([this.running, elapsed(longestMs)]);
    return this.running === undefined;
  }

  private async run(): Promise<void> {
    do {
      this.again = false;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.pauses.size > 0) await Promise.all(this.pauses);
      await this.work();
    } while (this.again && !this.stopped);
    this.running = undefined;
  }
}

function elapsed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
