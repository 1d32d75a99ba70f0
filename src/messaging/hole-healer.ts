import { Logger } from '@nestjs/common';
import type { HistoryPage, TopicEnds } from './message-log.js';
import type { Message } from './message.js';
import type { GapReason } from './outgoing.js';
import type { Sequence } from './sequence.js';
import type { TopicSource } from './topic-source.js';

const logger = new Logger('HoleHealer');
const PAGE_MESSAGES = 256;
const PAGE_BYTES = 1_048_576;
const RETRY_MOST_MS = 2_000;

/** What the healer does to the topic it heals. */
export interface Healed {
  readonly hasRoom: boolean;
  deliver(message: Message): void;
  deliverKept(): void;
  giveUp(to: number, reason: GapReason): void;
  /** See `TopicChannel`. */
  readonly beginning: number;
  observe(ends: TopicEnds, beginning: number): boolean;
  holeSeen(): void;
}

/**
 * Fills the holes of one topic: waits for late messages, since the order of the bus is not the order of commits, then reads
 * from the source, one bounded read at a time. What the source does not have is given up, and every subscriber is told.
 */
export class HoleHealer {
  private timer: NodeJS.Timeout | undefined;
  private reading = false;
  private failures = 0;
  /** What is missing was never on the bus. */
  private expected = false;
  private closed = false;

  constructor(
    private readonly topic: string,
    private readonly sequence: Sequence,
    private readonly source: TopicSource,
    private readonly healed: Healed,
    private readonly delayMs: number,
  ) {}

  /** Something is missing: looks after it soon. Calling it again changes nothing. */
  wake(): void {
    if (this.closed || this.reading || this.timer !== undefined) return;
    const waitMs = this.failures === 0 ? this.delayMs : Math.min(Math.max(this.delayMs, 10) * 2 ** this.failures, RETRY_MOST_MS);
    this.timer = setTimeout(() => void this.heal(), waitMs);
    this.timer.unref();
  }

  /** The same for messages that the bus does not bring. */
  expect(): void {
    if (this.timer === undefined && !this.reading) this.expected = true;
    this.wake();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async heal(): Promise<void> {
    this.timer = undefined;
    const { expected } = this;
    this.expected = false;
    this.healed.deliverKept();
    if (!this.sequence.incomplete || !this.healed.hasRoom) return;
    if (!expected) this.healed.holeSeen();
    this.reading = true;
    try {
      // Without room the fan-out's drain wakes us again.
      while (this.sequence.incomplete && this.healed.hasRoom) await this.readOnce();
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      logger.warn(`${this.topic}: a hole after seq ${this.sequence.last} cannot be read now: ${(error as Error).message}`);
    } finally {
      this.reading = false;
      if (this.failures > 0 || (this.sequence.incomplete && this.healed.hasRoom)) this.wake();
    }
  }

  private async readOnce(): Promise<void> {
    const { last, nextKept, target, epoch } = this.sequence;
    // Known to exist when the read began: what it does not find up to here is gone.
    const known = (nextKept ?? target + 1) - 1;
    const until = nextKept === undefined ? {} : { before: nextKept };
    const { beginning } = this.healed;
    const page = await this.source.read(this.topic, { after: last, ...until, limit: PAGE_MESSAGES, maxBytes: PAGE_BYTES });
    if (this.closed) return;
    if (page.epoch !== this.sequence.epoch) this.healed.observe(page, beginning);
    if (page.epoch !== this.sequence.epoch) throw new Error(`the source answered with epoch ${page.epoch}, which is not the topic's`);
    if (epoch === this.sequence.epoch) this.apply(page, known);
  }

  private apply(page: HistoryPage, known: number): void {
    const { sequence, healed } = this;
    for (const message of page.messages) {
      if (message.seq <= sequence.last) continue;
      if (message.seq > sequence.last + 1) this.giveUpTo(message.seq - 1, page);
      healed.deliver(message);
    }
    healed.deliverKept();
    if (page.messages.length === 0) this.giveUpTo(known, page);
    healed.deliverKept();
  }

  private giveUpTo(to: number, page: HistoryPage): void {
    const reason = to > page.floor ? 'lost' : this.source.durable ? 'retention' : 'buffer';
    if (to > this.sequence.last) this.healed.giveUp(to, reason);
  }
}
