import { Logger } from '@nestjs/common';
import type { MessageLog } from './message-log.js';
import type { Position } from './message.js';
import type { TopicChannel } from './topic-channel.js';

/** Topics compared in one read. */
const SLICE_TOPICS = 500;

/**
 * Compares the heads of all open durable topics with the log, slice by slice. A message that the bus lost at the end of a
 * topic leaves no hole that a later one would show; the sweep finds it.
 */
export class HeadSweep {
  private readonly logger = new Logger(HeadSweep.name);
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private running = false;
  private again = false;

  constructor(
    private readonly log: MessageLog,
    private readonly channels: () => Iterable<TopicChannel>,
    /** Milliseconds from the end of one sweep to the next; 0: never. Asked before each. */
    private readonly intervalMs: () => number,
  ) {}

  start(): void {
    const intervalMs = this.again ? 0 : this.intervalMs();
    if (this.closed || (intervalMs === 0 && !this.again)) return;
    this.again = false;
    this.timer = setTimeout(() => void this.run(), intervalMs);
    this.timer.unref();
  }

  /** Sweeps now: where one is under way, another one after it. */
  soon(): void {
    if (this.intervalMs() === 0) return;
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
    const swept = [...this.channels()].filter((channel) => channel.swept);
    try {
      for (let index = 0; index < swept.length && !this.closed; index += SLICE_TOPICS) {
        await this.compare(swept.slice(index, index + SLICE_TOPICS));
      }
    } catch (error) {
      this.logger.warn(`heads of topics cannot be compared now: ${(error as Error).message}`);
    }
    this.running = false;
    this.start();
  }

  private async compare(channels: readonly TopicChannel[]): Promise<void> {
    const compared = channels.map((channel) => ({ channel, beginning: channel.beginning, epoch: channel.epoch, head: channel.head }));
    const ends = await this.log.ends(channels.map((channel) => channel.topic));
    for (const [index, { channel, beginning, epoch, head }] of compared.entries()) {
      const end = ends[index];
      if (end === undefined) continue;
      if (end.epoch === epoch && end.head < head) await this.report(channel.topic, { epoch, seq: head });
      else channel.observe(end, beginning);
    }
  }

  /** The log is behind what this node has delivered from it: it was restored from an older copy. The next sweep tells everybody. */
  private async report(topic: string, position: Position): Promise<void> {
    if (!(await this.log.reportRewind(topic, position, 'log'))) return;
    this.logger.error(`${topic}: the log ends before seq ${position.seq}, which was delivered; every topic has a new epoch.`);
  }
}
