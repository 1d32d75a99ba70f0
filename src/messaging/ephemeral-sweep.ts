import type { TopicChannel } from './topic-channel.js';

/** Topics asked for at once. */
const SLICE_TOPICS = 250;

/**
 * Compares the open topics without a log with the bus, slice by slice, where the bus may lose messages: it finds a lost tail, and a topic
 * that the bus has forgotten and begun anew. That somebody asks also keeps a quiet topic from being forgotten.
 */
export class EphemeralSweep {
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private running = false;
  private again = false;

  constructor(
    private readonly channels: () => Iterable<TopicChannel>,
    /** Milliseconds from the end of one sweep to the next; 0: only where `soon` is called. */
    private readonly intervalMs: number,
  ) {}

  start(): void {
    const intervalMs = this.again ? 0 : this.intervalMs;
    if (this.closed || (intervalMs === 0 && !this.again)) return;
    this.again = false;
    this.timer = setTimeout(() => void this.run(), intervalMs);
    this.timer.unref();
  }

  /** Sweeps now: where one is under way, another one after it. */
  soon(): void {
    clearTimeout(this.timer);
    this.again = true;
    if (!this.running) this.start();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    this.running = true;
    const swept = [...this.channels()].filter(({ source }) => !source.durable);
    for (let index = 0; index < swept.length && !this.closed; index += SLICE_TOPICS) {
      // Each looks after its own failure, and is asked again by the next sweep.
      await Promise.all(swept.slice(index, index + SLICE_TOPICS).map((channel) => channel.verify()));
    }
    this.running = false;
    this.start();
  }
}
