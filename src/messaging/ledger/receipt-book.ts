import { Injectable } from '@nestjs/common';
import type { CarriedMessage } from '../frame.js';
import type { Subscriber } from '../subscriber.js';
import type { Subscription } from '../subscription.js';
import { Ledger } from './ledger.js';
import { type ReceiptStart, SubscriptionReceipt } from './subscription-receipt.js';
import { Unwritten, type UnwrittenSpan } from './unwritten.js';

/**
 * Begins and ends the receipts of this node. A receipt that is over closes at once where nothing of it waits; else it stays beside its
 * successor until what waits has been written, or the connection ends: only then is it known what became of it.
 */
@Injectable()
export class ReceiptBook {
  private last = 0;
  private readonly leaving = new Map<Subscriber, SubscriptionReceipt[]>();

  constructor(private readonly ledger: Ledger) {}

  /** The subscription is held from here on. */
  hold(subscription: Subscription, from: Pick<ReceiptStart, 'epoch' | 'after'>): void {
    subscription.receipt ??= this.open(subscription, from);
  }

  /** The receipt that an activation at this place will go on with. */
  prepare(subscription: Subscription, start: ReceiptStart): SubscriptionReceipt {
    const { receipt } = subscription;
    const next = receipt?.stage === 'waiting' && !receipt.recorded ? receipt : this.open(subscription, start);
    next.beginAt(start);
    return next;
  }

  /** Records what is about to be pushed from history. */
  async recovering(receipt: SubscriptionReceipt): Promise<void> {
    if (!receipt.subscription.channel.isKept) return;
    const recording = this.ledger.recovering(receipt.standing(undefined, undefined));
    receipt.recorded = true;
    await recording;
  }

  /** The subscription may receive, under the receipt that was prepared; what it was given before stands in the one before. */
  activate(subscription: Subscription, start: ReceiptStart, prepared: SubscriptionReceipt | undefined): void {
    const { receipt: before } = subscription;
    const next = prepared ?? this.prepare(subscription, start);
    if (before !== undefined && before !== next) this.supersede(before, next);
    subscription.receipt = next;
    next.stage = 'joining';
  }

  /** It was prepared, and something else came of it. */
  discard(prepared: SubscriptionReceipt): void {
    if (prepared.subscription.receipt === prepared) return;
    prepared.finish(prepared.after);
    this.close(prepared, undefined);
  }

  /** The topic begins again for this subscription. */
  restart(subscription: Subscription, epoch: string): void {
    const { receipt: before } = subscription;
    const next = this.open(subscription, { epoch, after: 0 });
    if (before !== undefined) this.supersede(before, next);
    subscription.receipt = next;
    next.restarted = true;
    next.stage = subscription.state === 'live' ? 'live' : 'joining';
  }

  /** The subscription ends and its connection goes on. */
  end(subscription: Subscription): void {
    const { receipt, channel } = subscription;
    if (receipt === undefined) return;
    receipt.finish(channel.headOf(receipt.epoch));
    this.leave(receipt);
    this.passOver(subscription, receipt.epoch, undefined);
  }

  /** The connection ends, and with it all that is open of it. */
  endAll(subscriber: Subscriber, subscriptions: readonly Subscription[]): void {
    const earlier = this.leaving.get(subscriber) ?? [];
    const sink = subscriptions[0]?.sink ?? earlier[0]?.subscription.sink;
    if (sink === undefined) return;
    const unwritten = sink.lags === true ? new Unwritten(sink) : undefined;
    const open = subscriptions.flatMap(({ receipt }) => receipt ?? []);
    const spans = [...earlier, ...open].map((receipt) => unwritten?.of(receipt, this.earlier(subscriber, receipt)));
    this.leaving.delete(subscriber);
    for (const receipt of open) receipt.finish(receipt.subscription.channel.headOf(receipt.epoch));
    [...earlier, ...open].forEach((receipt, index) => this.close(receipt, spans[index]));
    for (const { subscription, epoch } of open) this.passOver(subscription, epoch, undefined);
  }

  /** Something that waited for the subscriber has been written. */
  landed(subscriber: Subscriber): void {
    const receipts = this.leaving.get(subscriber);
    const sink = receipts?.[0]?.subscription.sink;
    if (receipts === undefined || sink === undefined) return;
    const unwritten = new Unwritten(sink);
    const done = receipts.filter((receipt) => unwritten.of(receipt, this.earlier(subscriber, receipt)) === undefined);
    if (done.length === 0) return;
    const left = receipts.filter((receipt) => !done.includes(receipt));
    if (left.length > 0) this.leaving.set(subscriber, left);
    else this.leaving.delete(subscriber);
    for (const receipt of done) this.close(receipt, undefined);
  }

  /** Receipts of the same subscriber, topic and epoch that came before this one and have not closed, oldest first. */
  earlier(subscriber: Subscriber, than: SubscriptionReceipt): readonly SubscriptionReceipt[] {
    const { no, epoch, subscription } = than;
    return this.leavingOf(subscriber, subscription.topic, epoch).filter((receipt) => receipt.no < no);
  }

  /** The receipt of a live message that the subscriber was offered: of those that are leaving, or the one of today. */
  receiptOf(subscriber: Subscriber, message: CarriedMessage, now: SubscriptionReceipt | undefined): SubscriptionReceipt | undefined {
    const { topic, epoch, seq } = message;
    const leaving = this.leavingOf(subscriber, topic, epoch).find((receipt) => receipt.stage === 'live' && seq <= receipt.offered);
    return leaving ?? (now?.epoch === epoch ? now : undefined);
  }

  leavingOf(subscriber: Subscriber, topic: string, epoch: string): readonly SubscriptionReceipt[] {
    const receipts = this.leaving.get(subscriber) ?? [];
    return receipts.filter((receipt) => receipt.subscription.topic === topic && receipt.epoch === epoch);
  }

  /** Of one connection: receipts that are over and of which something still waits. */
  *leavingConnection(connection: string): Iterable<SubscriptionReceipt> {
    for (const [{ id }, receipts] of this.leaving) if (id === connection) yield* receipts;
  }

  /** Receipts that are over and of which something still waits. */
  *leavingTopic(topic: string): Iterable<SubscriptionReceipt> {
    for (const receipts of this.leaving.values()) for (const receipt of receipts) if (receipt.subscription.topic === topic) yield receipt;
  }

  private open(subscription: Subscription, from: Pick<ReceiptStart, 'epoch' | 'after'>): SubscriptionReceipt {
    this.last += 1;
    return new SubscriptionReceipt(this.last, subscription, from);
  }

  private supersede(before: SubscriptionReceipt, next: SubscriptionReceipt): void {
    const { subscription, epoch } = before;
    if (before.stage === 'waiting') before.finish(epoch === next.epoch ? before.after : subscription.channel.headOf(epoch));
    // What it was not given of what lies before the next one's beginning is not owed any more.
    else before.finish(epoch === next.epoch ? next.after : subscription.channel.headOf(epoch));
    this.leave(before);
    if (epoch !== next.epoch) this.passOver(subscription, epoch, next.epoch);
  }

  private leave(receipt: SubscriptionReceipt): void {
    const { subscriber, sink } = receipt.subscription;
    if (sink.lags !== true || receipt.unwritten() === undefined) return this.close(receipt, undefined);
    const others = this.leaving.get(subscriber);
    if (others === undefined) this.leaving.set(subscriber, [receipt]);
    else others.push(receipt);
  }

  /** Epochs that came and went (or came, where `until` is undefined) before the subscriber was given anything of them. */
  private passOver(subscription: Subscription, since: string, until: string | undefined): void {
    for (const { epoch, seq } of subscription.channel.epochsAfter(since)) {
      if (epoch === until) return;
      const receipt = this.open(subscription, { epoch, after: 0 });
      receipt.finish(seq);
      this.close(receipt, undefined);
    }
  }

  private close(receipt: SubscriptionReceipt, span: UnwrittenSpan | undefined): void {
    if (!receipt.subscription.channel.isKept) return;
    const final = receipt.standing(span, Date.now());
    // It was owed nothing, and nobody has heard of it.
    if (final.head > final.after || receipt.recorded) this.ledger.closed(final);
  }
}
