import type { Subscription } from '../subscription.js';
import { type GrowingException, noteException } from './exceptions.js';
import type { OpenReceipt } from './open-receipts.js';
import type { Exception, Receipt } from './receipt.js';
import { Unwritten, type UnwrittenSpan } from './unwritten.js';

/** Where a receipt begins. */
export interface ReceiptStart {
  readonly epoch: string;
  readonly after: number;
  /** Messages that are pushed from history first. */
  readonly missed: readonly { readonly seq: number }[];
}

/** How far a receipt went whose subscription has gone on, or has ended. */
interface ReceiptEnd {
  readonly offered: number;
  readonly head: number;
}

/**
 * The receipt of one activation of a subscription, while it is open. How far it has been offered messages stands on the
 * subscription, which the fan-out assigns, until another receipt takes over.
 */
export class SubscriptionReceipt implements OpenReceipt {
  epoch: string;
  after: number;
  recoveredTo = 0;
  openedAt = Date.now();
  recorded = false;
  /** Highest `seq` that the client acknowledged while this was its receipt. */
  acked = 0;
  private ackedAt: number | undefined;
  /** `waiting`: nothing may be pushed yet. `joining`: what is pushed names this receipt. `live`: also what all subscribers are given. */
  stage: 'waiting' | 'joining' | 'live' = 'waiting';
  lagged = false;
  /** The topic began again, and its subscribers were told. */
  restarted = false;
  exceptions: GrowingException[] | undefined;
  private end: ReceiptEnd | undefined;
  /** It has something to say that was not asked for since. */
  private unsaid = false;

  constructor(
    readonly no: number,
    readonly subscription: Subscription,
    start: Pick<ReceiptStart, 'epoch' | 'after'>,
  ) {
    this.epoch = start.epoch;
    this.after = start.after;
    this.lagged = subscription.sink.lags === true;
  }

  get user(): string {
    return this.subscription.subscriber.principal.id;
  }

  get connection(): string {
    return this.subscription.subscriber.id;
  }

  /** Another beginning than was thought; only while it waits. */
  beginAt({ epoch, after, missed }: ReceiptStart): void {
    this.epoch = epoch;
    this.after = after;
    this.recoveredTo = missed.at(-1)?.seq ?? 0;
    this.openedAt = Date.now();
  }

  except(exception: Exception): void {
    noteException((this.exceptions ??= []), exception);
    this.unsaid = true;
    this.subscription.channel.fanOut.hasNews();
  }

  /** Cumulative; of what was given again, only what was written again. */
  acknowledge(seq: number): void {
    const { subscription } = this;
    const again = seq <= subscription.reached && this.stage !== 'waiting';
    const most = again ? Math.min(seq, (this.unwritten()?.lowest ?? this.offered + 1) - 1) : seq;
    if (this.stage === 'waiting' || most <= this.acked) return;
    this.acked = most;
    this.ackedAt = Date.now();
  }

  /** Nothing more is offered under it, and nothing later than `head` is owed. */
  finish(head: number): void {
    const { offered } = this;
    this.end = { offered, head: Math.max(offered, head) };
  }

  get isFinished(): boolean {
    return this.end !== undefined;
  }

  /** Highest `seq` offered under it. */
  get offered(): number {
    if (this.end !== undefined) return this.end.offered;
    // A receipt that is prepared beside the current one has been offered nothing, nor has one that waits.
    if (this.stage === 'waiting' || this.subscription.receipt !== this) return this.after;
    return Math.max(this.after, this.subscription.offered);
  }

  get hasNews(): boolean {
    const { subscription } = this;
    return this.unsaid || this.end !== undefined || subscription.state !== 'live' || subscription.sink.lags === true;
  }

  snapshot(): Receipt {
    const { subscription } = this;
    const waits = this.end !== undefined || subscription.state !== 'live' || subscription.sink.lags === true;
    // Once more after it has stopped; and the topic may not move until then.
    this.unsaid = waits;
    if (waits) subscription.channel.fanOut.hasNews();
    return this.standing(this.unwritten(), undefined);
  }

  look(): Receipt {
    return this.standing(this.unwritten(), undefined);
  }

  /** What of it waits in this process. */
  unwritten(): UnwrittenSpan | undefined {
    const { sink, subscriber, channel } = this.subscription;
    return sink.lags === true ? new Unwritten(sink).of(this, channel.receipts.earlier(subscriber, this)) : undefined;
  }

  /** What is to be said of it, where so much has not been written. */
  standing(span: UnwrittenSpan | undefined, closedAt: number | undefined): Receipt {
    const { no, subscription, epoch, after, recoveredTo, openedAt, acked, ackedAt, lagged, exceptions } = this;
    const offered = Math.max(this.offered, span?.highest ?? 0);
    const written = span === undefined ? offered : span.lowest - 1;
    const head = this.end?.head ?? subscription.channel.headOf(epoch);
    return {
      no,
      topic: subscription.topic,
      epoch,
      connection: subscription.subscriber.id,
      user: subscription.subscriber.principal.id,
      openedAt,
      connectedAt: subscription.subscriber.facts?.openedAt,
      after,
      recoveredTo,
      offered,
      handed: Math.max(written, span?.inFlight ?? 0),
      written,
      acked,
      ackedAt,
      lagged,
      exceptions: exceptions?.map(({ from, to, reason }) => ({ from, to, reason })) ?? [],
      head: Math.max(offered, head),
      closedAt,
      ...(this.end !== undefined && closedAt === undefined && { leaving: true }),
    };
  }
}
