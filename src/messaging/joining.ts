import { setTimeout as delay } from 'node:timers/promises';
import type { FanOut } from './fan-out.js';
import { batchOf, type Frame, replayOf } from './frame.js';
import type { HistoryPage } from './message-log.js';
import type { Message } from './message.js';
import type { SubscriptionReceipt } from './ledger/subscription-receipt.js';
import { heldFrame, type Outgoing, outgoingGap, outgoingReset, recoveredFrame } from './outgoing.js';
import type { Subscription } from './subscription.js';
import type { TopicSource } from './topic-source.js';

/** Frames held for a subscription that may not receive yet; beyond it they are read from the log again. */
const HELD_FRAMES = 1_024;
const REPLAY_FRAMES = 64;
const PAGE_MESSAGES = 128;
const PAGE_BYTES = 262_144;
const DRAIN_POLL_MS = 10;
const RETRY_MS = { first: 50, most: 2_000 } as const;

export interface Place {
  readonly epoch: string;
  /** The subscriber has everything up to here, or was told that it will not come. */
  readonly after: number;
}

/** Where a subscription begins, and what it missed. */
export interface JoinStart extends Place {
  /** Messages to push first, from `after + 1`, without holes. */
  readonly missed: readonly Message[];
  /** It goes on where it stood, as if it had not been interrupted. */
  readonly continues?: true;
}

/**
 * A subscription between "the topic is flowing" and "the subscriber may receive": live first, then read, then merge. It holds
 * what flows meanwhile, merges it by `seq` with what was missed, and becomes live at the position of the fan-out.
 */
export class Joining {
  /** Where the subscription begins unless a recovery says otherwise: everything after it was held or can be read again. */
  readonly from: Place;
  /** What the activation goes on with, where that had to be recorded before. */
  prepared: SubscriptionReceipt | undefined;
  private epoch: string;
  private held: Outgoing[] = [];
  private activated = false;
  private cancelled = false;
  /** What flowed meanwhile was more than may be held, or does not meet what was pushed: the source fills in. */
  private behind = false;

  constructor(
    readonly subscription: Subscription,
    private readonly fanOut: FanOut,
    private readonly source: TopicSource,
    /** Where an earlier joining of the same subscription had come to. */
    earlier?: Place,
  ) {
    const ahead = earlier?.epoch === fanOut.epoch && earlier.after > fanOut.position;
    this.from = { epoch: fanOut.epoch, after: ahead ? earlier.after : fanOut.position };
    this.epoch = fanOut.epoch;
    fanOut.addJoining(this);
    subscription.channel.receipts.hold(subscription, this.from);
  }

  /** Not activated yet. */
  get waiting(): boolean {
    return !this.activated && !this.cancelled;
  }

  /** Another joining takes over. Answers where this one has come to, if it had not become live. */
  cancel(): JoinStart | undefined {
    this.cancelled = true;
    this.fanOut.removeJoining(this);
    return this.subscription.state === 'joining'
      ? { epoch: this.epoch, after: this.subscription.offered, missed: [], continues: true }
      : undefined;
  }

  /** Frames that the live subscribers are being given now. */
  take(entries: readonly Outgoing[]): void {
    if (this.behind) return;
    if (this.activated) {
      this.offerHeld(entries);
      this.settle();
    } else if (this.held.length + entries.length > HELD_FRAMES) {
      this.held = [];
      this.behind = true;
    } else {
      this.held.push(...entries);
    }
  }

  activate(start: JoinStart): void {
    if (this.activated || !this.joins()) return;
    this.activated = true;
    const wasPrepared = this.prepared !== undefined;
    this.begin(start);
    this.replay(start.missed);
    const { held, subscription } = this;
    this.held = [];
    // Pushed later than its receipt says that it began.
    if (wasPrepared && held.length > 0 && subscription.receipt !== undefined) subscription.receipt.lagged = true;
    this.offerHeld(held);
    this.settle();
  }

  private begin(start: JoinStart): void {
    const { subscription } = this;
    const again = start.epoch === this.epochBefore();
    if (start.continues !== true || subscription.receipt?.stage === 'waiting')
      subscription.channel.receipts.activate(subscription, start, this.prepared);
    // From here on it is the subscription's, and ends with it.
    this.prepared = undefined;
    subscription.reached = again ? Math.max(subscription.reached, subscription.offered) : 0;
    if (!again) subscription.acked = 0;
    this.epoch = start.epoch;
    subscription.offered = start.after;
  }

  /** The epoch in which the subscription was offered something before; undefined: it was not. */
  private epochBefore(): string | undefined {
    const { receipt } = this.subscription;
    return receipt?.stage === 'waiting' ? undefined : receipt?.epoch;
  }

  private settle(): void {
    const { subscription, fanOut } = this;
    if (!this.joins()) return;
    if (!this.behind && this.epoch === fanOut.epoch) {
      if (subscription.offered === fanOut.position) return fanOut.promote(this);
      // Ahead of the fan-out: the log was read further than the bus has told; the next slices are skipped up to here.
      if (subscription.offered > fanOut.position) return;
      this.behind = true;
    }
    if (this.behind) void this.catchUp();
  }

  private replay(messages: readonly Message[]): void {
    for (let index = 0; index < messages.length; index += REPLAY_FRAMES) {
      const part = messages.slice(index, index + REPLAY_FRAMES);
      const receipt = this.subscription.receipt?.no ?? 0;
      this.subscription.subscriber.offer(replayOf(part.map((message) => recoveredFrame(message, receipt))));
      this.subscription.offered = (part[part.length - 1] as Message).seq;
    }
  }

  private offerHeld(entries: readonly Outgoing[]): void {
    this.offerAll(this.passing(entries));
  }

  private offerAll(frames: readonly Frame[]): void {
    if (frames.length > 0) this.subscription.subscriber.offer(batchOf(frames));
  }

  /** The entries this subscriber has not been given, by position; moves its position along. */
  private passing(entries: readonly Outgoing[]): readonly Frame[] {
    const { subscription } = this;
    // Whatever came before the reset to our own epoch is older than where we began.
    const start = entries.findLastIndex((entry) => entry.kind === 'reset' && entry.epoch === this.epoch) + 1;
    const passing: Frame[] = [];
    for (const entry of entries.slice(start)) {
      if (entry.kind === 'reset') {
        // Its receipt ends here, and says of what was offered what waits: so that comes first.
        this.offerAll(passing.splice(0));
        if (!this.joins()) return [];
        this.epoch = entry.epoch;
        subscription.restart(entry.epoch);
      } else if (entry.kind !== 'notice') {
        if (entry.epoch !== this.epoch || entry.seq <= subscription.offered) continue;
        if ((entry.gap?.from ?? entry.seq) > subscription.offered + 1) {
          this.behind = true;
          break;
        }
        if (entry.gap !== undefined) subscription.receipt?.except({ ...entry.gap, from: subscription.offered + 1 });
        subscription.offered = entry.seq;
      }
      passing.push(heldFrame(entry, subscription.receipt?.no ?? 0));
    }
    return passing;
  }

  /** Reads from the source until it meets the fan-out. */
  private async catchUp(): Promise<void> {
    const { subscription, fanOut } = this;
    let waitMs: number = RETRY_MS.first;
    // No mark of the node says when it was given what follows.
    if (subscription.receipt !== undefined) subscription.receipt.lagged = true;
    while (this.joins()) {
      if (this.epoch === fanOut.epoch && subscription.offered >= fanOut.position) {
        this.behind = false;
        return this.settle();
      }
      const page = await this.readNext();
      if (!this.joins()) return;
      if (page !== undefined && this.offerPage(page)) {
        waitMs = RETRY_MS.first;
      } else {
        await delay(waitMs, undefined, { ref: false });
        waitMs = Math.min(waitMs * 2, RETRY_MS.most);
      }
    }
  }

  private joins(): boolean {
    return this.subscription.state === 'joining' && !this.cancelled;
  }

  /** The next page, once the subscriber has room for it; undefined where it cannot be read now. */
  private async readNext(): Promise<HistoryPage | undefined> {
    const { subscriber, topic, offered } = this.subscription;
    while (this.joins() && (subscriber.queuedBytes ?? 0) > PAGE_BYTES) await delay(DRAIN_POLL_MS, undefined, { ref: false });
    return this.source.read(topic, { after: offered, limit: PAGE_MESSAGES, maxBytes: PAGE_BYTES }).catch(() => undefined);
  }

  /** Answers whether the page brought the subscription any further. */
  private offerPage(page: HistoryPage): boolean {
    const { subscription, fanOut } = this;
    if (this.epoch !== fanOut.epoch) {
      // The topic was reset meanwhile: begin again where the fan-out's epoch begins.
      this.epoch = fanOut.epoch;
      subscription.restart(this.epoch);
      this.offerOne(outgoingReset(subscription.topic, this.epoch));
      return true;
    }
    // A stale page, or a reset that the topic's channel has yet to learn of.
    if (page.epoch !== this.epoch) return false;
    // A log that has lost messages inside a page must not be believed to have had none there.
    for (const run of unbroken(page.messages)) {
      // The offer of the one before may have ended the connection.
      if (!this.joins()) return true;
      this.tellGap((run[0] as Message).seq - 1, page.floor);
      this.replay(run);
    }
    if (page.messages.length === 0) this.tellGap(Math.max(page.floor, fanOut.position), page.floor);
    return true;
  }

  /** What follows the last message that was offered, up to `to`, cannot be had. */
  private tellGap(to: number, floor: number): void {
    const { subscription } = this;
    const from = subscription.offered + 1;
    if (to < from) return;
    const reason = floor >= to ? (this.source.durable ? 'retention' : 'buffer') : 'lost';
    const gap = { from, to, reason } as const;
    subscription.receipt?.except(gap);
    this.offerOne(outgoingGap(subscription.topic, this.epoch, gap));
    subscription.offered = to;
  }

  private offerOne(entry: Outgoing): void {
    this.subscription.subscriber.offer(batchOf([entry]));
  }
}

/** The messages by runs whose `seq` rises by one. */
function* unbroken(messages: readonly Message[]): Generator<readonly Message[]> {
  let first = 0;
  for (let index = 1; index <= messages.length; index += 1) {
    if (messages[index]?.seq === (messages[index - 1] as Message).seq + 1) continue;
    yield messages.slice(first, index);
    first = index;
  }
}
