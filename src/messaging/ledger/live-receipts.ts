import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { FanOut } from '../fan-out.js';
import { Hub } from '../hub.js';
import { Subscriptions } from '../subscriptions.js';
import { Ledger } from './ledger.js';
import type { OpenReceipt, OpenReceipts, TopicProgress } from './open-receipts.js';
import { ReceiptBook } from './receipt-book.js';
import type { Mark } from './receipt.js';

/** The open receipts as the topics of this node have them. */
@Injectable()
export class LiveReceipts implements OpenReceipts, OnModuleInit {
  constructor(
    private readonly hub: Hub,
    private readonly subscriptions: Subscriptions,
    private readonly book: ReceiptBook,
    private readonly ledger: Ledger,
  ) {}

  onModuleInit(): void {
    this.ledger.follow(this);
  }

  moved(): readonly TopicProgress[] {
    const last = new Map<string, FanOut>();
    // Of a topic that ended and began again, both may have moved: the younger one goes on from the older.
    const marks = new Map<string, readonly Mark[]>();
    for (const fanOut of this.hub.moves.take()) {
      const { topic } = fanOut;
      const before = last.get(topic);
      if (before?.epoch === fanOut.epoch) marks.set(topic, before.marks);
      last.set(topic, fanOut);
    }
    return Array.from(last.values(), (fanOut) => this.progressOf(fanOut, marks.get(fanOut.topic) ?? []));
  }

  of(topic: string): TopicProgress | undefined {
    const channel = this.hub.find(topic);
    if (channel === undefined) {
      const [leaving] = this.book.leavingTopic(topic);
      return leaving === undefined ? undefined : this.progressOf(leaving.subscription.channel.fanOut, []);
    }
    return channel.isKept && channel.epoch !== '' ? this.progressOf(channel.fanOut, []) : undefined;
  }

  *ofConnection(connection: string): Iterable<OpenReceipt> {
    for (const subscriber of this.subscriptions.subscribers()) {
      if (subscriber.id !== connection) continue;
      for (const topic of this.subscriptions.topicsOf(subscriber)) {
        const receipt = this.subscriptions.openReceiptOf(subscriber, topic);
        if (receipt !== undefined) yield receipt;
      }
    }
    // Its last subscription may have ended while something still waits.
    yield* this.book.leavingConnection(connection);
  }

  private progressOf(moved: FanOut, earlier: readonly Mark[]): TopicProgress {
    const { topic } = moved;
    const now = this.hub.find(topic)?.fanOut;
    // It ended, and is open again: those who listen now stand with the younger one.
    const fanOut = now !== undefined && now !== moved && now.epoch !== '' ? now : moved;
    const before = fanOut !== moved && moved.settled.epoch === fanOut.settled.epoch ? moved.marks : [];
    const { epoch, seq } = fanOut.settled;
    return {
      topic,
      epoch,
      seq,
      marks: [...earlier, ...before, ...fanOut.marks].slice(-64),
      receipts: () => this.receipts(fanOut),
    };
  }

  private *receipts(fanOut: FanOut): Iterable<OpenReceipt> {
    yield* fanOut.receipts();
    yield* this.book.leavingTopic(fanOut.topic);
  }
}
