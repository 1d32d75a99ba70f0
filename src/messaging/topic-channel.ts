import type { Telemetry } from '../telemetry/telemetry.js';
import type { FanOut } from './fan-out.js';
import { HoleHealer } from './hole-healer.js';
import type { ReceiptBook } from './ledger/receipt-book.js';
import type { TopicEnds } from './message-log.js';
import type { Message, Position } from './message.js';
import { type GapReason, outgoingGap, outgoingMessage, outgoingNotice, type OutgoingPolicy, outgoingReset } from './outgoing.js';
import type { RecentTopic } from './recent-topic.js';
import { Sequence } from './sequence.js';
import type { TopicSource } from './topic-source.js';

/** Messages held while it is not known whether they belong: before the head was read, or of an epoch never seen. */
const UNPLACED = 1_024;
/** Epochs remembered as past, so that late messages of one cost no reads. */
const PAST_EPOCHS = 8;
/** Reasons as telemetry counts them. */
const GAP_LABELS = {
  retention: 'history_gone',
  buffer: 'history_gone',
  lost: 'heal_failed',
  reset: 'reset',
  slow_consumer: 'slow_consumer',
} as const;

/** How a channel behaves. */
export interface ChannelLimits extends OutgoingPolicy {
  readonly healDelayMs: number;
  /** Most messages of a new epoch that are pushed after a reset instead of being named as a gap. */
  readonly recoveryMessages: number;
  /** Whether receipts are recorded. */
  readonly ledger: boolean;
}

/** What a channel works with. */
export interface ChannelParts {
  readonly source: TopicSource;
  readonly fanOut: FanOut;
  readonly receipts: ReceiptBook;
  readonly recent: RecentTopic | undefined;
  readonly telemetry: Telemetry;
}

/**
 * One topic on this node: takes what the bus brings, in whatever order, and gives the fan-out a rising `seq` without holes,
 * or a gap or reset that says so. The bus is a hint; the source is the truth.
 */
export class TopicChannel {
  /** Subscriptions and listeners that hold this channel open. */
  holders = 0;
  private started = false;
  /** How often the topic began: once at the start, and with every reset. */
  private beginnings = 0;
  private closed = false;
  private verifying = false;
  private verifyAgain = false;
  private unplaced: Message[] = [];
  /** Epochs that have ended, each with the highest `seq` known of it. */
  private past: readonly Position[] = [];
  private readonly sequence = new Sequence('');
  private readonly healer: HoleHealer;
  private starting: Promise<void> | undefined;
  readonly source: TopicSource;
  readonly fanOut: FanOut;
  readonly receipts: ReceiptBook;
  /** Its latest messages; undefined where none are kept. */
  readonly recent: RecentTopic | undefined;
  private readonly telemetry: Telemetry;

  constructor(
    readonly topic: string,
    parts: ChannelParts,
    private readonly limits: ChannelLimits,
  ) {
    this.source = parts.source;
    this.fanOut = parts.fanOut;
    this.receipts = parts.receipts;
    this.recent = parts.recent;
    this.telemetry = parts.telemetry;
    this.healer = new HoleHealer(topic, this.sequence, this.source, this, limits.healDelayMs);
  }

  /** Resolves when the topic flows; rejects with what `start` met. */
  get ready(): Promise<void> {
    return this.starting ?? Promise.resolve();
  }

  /** Begins once the bus is known to bring what comes after the head that is read then. */
  start(subscribed: Promise<void>): Promise<void> {
    this.starting = this.begin(subscribed);
    return this.starting;
  }

  get epoch(): string {
    return this.sequence.epoch;
  }

  /** Last `seq` given to the fan-out. */
  get head(): number {
    return this.sequence.last;
  }

  /** Whether receipts of it are recorded. */
  get isKept(): boolean {
    return this.limits.ledger;
  }

  /** Highest `seq` known of an epoch; 0 where none is. */
  headOf(epoch: string): number {
    const { sequence, past } = this;
    if (epoch === sequence.epoch) return sequence.target;
    return past.find((ended) => ended.epoch === epoch)?.seq ?? 0;
  }

  /** The epochs since, oldest first, each with the highest `seq` known of it. */
  epochsAfter(epoch: string): readonly Position[] {
    const { sequence, past } = this;
    if (epoch === sequence.epoch) return [];
    const since = past.findIndex((ended) => ended.epoch === epoch);
    return [...past.slice(since < 0 ? past.length : since + 1), { epoch: sequence.epoch, seq: sequence.target }];
  }

  get swept(): boolean {
    return this.started && this.source.durable;
  }

  receive(message: Message): void {
    if (this.closed) return;
    if (!this.started) return this.setAside(message);
    const { sequence } = this;
    if (message.epoch !== sequence.epoch) return this.receiveForeign(message);
    if (message.seq <= sequence.last) return;
    sequence.know(message.seq);
    if (message.seq === sequence.last + 1 && this.fanOut.hasRoom) {
      this.deliver(message);
      if (sequence.kept > 0) this.deliverKept();
    } else {
      sequence.keep(message);
    }
    if (sequence.incomplete) this.healer.wake();
  }

  /** Gives the fan-out the next message in order. */
  deliver(message: Message): void {
    this.sequence.advance(message.seq);
    this.recent?.add(message);
    if (this.fanOut.idle) this.fanOut.skipTo(message.epoch, message.seq);
    else this.fanOut.push(outgoingMessage(message, this.limits));
  }

  deliverKept(): void {
    while (this.fanOut.hasRoom) {
      const next = this.sequence.takeNext();
      if (next === undefined) return;
      this.deliver(next);
    }
  }

  /** Tells every subscriber that messages up to `to` will not come. */
  giveUp(to: number, reason: GapReason): void {
    const { sequence, fanOut } = this;
    const from = sequence.last + 1;
    const told = fanOut.subscribers;
    for (let count = 0; count < told; count += 1) this.telemetry.gap(GAP_LABELS[reason], 'client');
    // After a reset they are not lost: history has them.
    if (told > 0 && reason !== 'reset') this.telemetry.dropped('heal_failed', told * (to - from + 1));
    sequence.advance(to);
    fanOut.push(outgoingGap(this.topic, sequence.epoch, { from, to, reason }));
  }

  get hasRoom(): boolean {
    return this.fanOut.hasRoom && !this.closed;
  }

  holeSeen(): void {
    this.telemetry.gap('bus_loss', 'server');
  }

  /** To be noted before a read of the source, and handed to `observe` with what the read found. */
  get beginning(): number {
    return this.beginnings;
  }

  /**
   * Compares with the ends of the topic as its source has them; finds a lost tail, and a reset. Answers whether they could be
   * judged: a read that was under way while the topic began (again) may show what was before, and says nothing about epochs.
   */
  observe(ends: TopicEnds, beginning: number): boolean {
    if (this.closed || !this.started) return false;
    if (ends.epoch === this.sequence.epoch) {
      this.sequence.know(ends.head);
      if (this.sequence.incomplete) this.healer.wake();
      return true;
    }
    if (beginning !== this.beginnings) return false;
    this.reset(ends);
    return true;
  }

  /** Somebody says that the topic has reached a position: what is missing up to there is read, and is no loss of the bus. */
  hint({ epoch, seq }: Position): void {
    if (this.closed || !this.source.durable || this.isPast(epoch)) return;
    if (!this.started || epoch !== this.sequence.epoch) return void this.verify();
    this.sequence.know(seq);
    if (this.sequence.incomplete) this.healer.expect();
  }

  /** Reads the ends of the topic and compares. Failures are left to the next sweep. */
  async verify(): Promise<void> {
    // A read under way may have begun before what the caller knows of happened.
    this.verifyAgain = true;
    if (this.verifying) return;
    this.verifying = true;
    try {
      await this.ready;
      while (this.verifyAgain && !this.closed) {
        this.verifyAgain = false;
        const { beginning } = this;
        if (!this.observe(await this.source.ends(this.topic), beginning)) this.verifyAgain = true;
      }
    } catch {
      // Not known now; what was set aside is in the source, and the sweep compares again.
    }
    this.verifying = false;
    this.placeAll();
  }

  notify(text: string): void {
    if (this.started && !this.fanOut.idle) this.fanOut.push(outgoingNotice(text));
  }

  /** The fan-out has nothing left: goes on with what had no room. */
  drained(): void {
    if (this.sequence.incomplete && !this.closed) {
      this.deliverKept();
      if (this.sequence.incomplete) this.healer.wake();
    }
  }

  close(): void {
    this.closed = true;
    this.healer.close();
    this.fanOut.close();
    this.recent?.clear();
    this.unplaced = [];
  }

  private async begin(subscribed: Promise<void>): Promise<void> {
    await subscribed;
    const ends = await this.source.ends(this.topic);
    this.sequence.restart(ends.epoch, ends.head, ends.head);
    this.fanOut.skipTo(ends.epoch, ends.head);
    this.started = true;
    this.beginnings += 1;
    this.placeAll();
  }

  private receiveForeign(message: Message): void {
    if (this.isPast(message.epoch)) return;
    this.setAside(message);
    void this.verify();
  }

  private isPast(epoch: string): boolean {
    return this.past.some((ended) => ended.epoch === epoch);
  }

  private setAside(message: Message): void {
    if (this.unplaced.length < UNPLACED) this.unplaced.push(message);
  }

  private placeAll(): void {
    const held = this.unplaced;
    this.unplaced = [];
    for (const message of held) {
      if (message.epoch === this.sequence.epoch) this.receive(message);
    }
  }

  private reset(ends: TopicEnds): void {
    this.beginnings += 1;
    const { epoch: ended, target: seq } = this.sequence;
    this.past = [...this.past.filter(({ epoch }) => epoch !== ends.epoch), { epoch: ended, seq }].slice(-PAST_EPOCHS);
    this.telemetry.gap('reset', 'server');
    this.recent?.clear();
    this.sequence.restart(ends.epoch, 0, ends.head);
    this.fanOut.push(outgoingReset(this.topic, ends.epoch));
    const base = ends.head - ends.floor <= this.limits.recoveryMessages ? ends.floor : ends.head;
    if (base > 0) this.giveUp(base, 'reset');
    if (this.sequence.incomplete) this.healer.wake();
  }
}
