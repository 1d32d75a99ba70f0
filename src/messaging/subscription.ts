import type { FrameSink } from './frame.js';
import type { SubscriptionReceipt } from './ledger/subscription-receipt.js';
import type { Subscriber } from './subscriber.js';
import type { TopicChannel } from './topic-channel.js';

/**
 * One subscriber's place in one topic: a few integers, assigned in the fan-out. Because delivery is in order and without
 * holes, they say all there is to say about what this subscriber was given, together with its receipt.
 */
export class Subscription {
  state: 'joining' | 'live' | 'closed' = 'joining';
  /** Highest `seq` offered to the subscriber, in the epoch the topic had then. */
  offered = 0;
  /** Highest `seq` offered before it subscribed again to have older ones once more, in the same epoch. */
  reached = 0;
  /** Highest `seq` the client acknowledged. */
  acked = 0;
  /** Slot among the live subscriptions of its topic; meaningless unless live. */
  slot = -1;
  /** What is recorded of it; undefined until the topic flows to it. */
  receipt: SubscriptionReceipt | undefined;

  constructor(
    readonly subscriber: Subscriber,
    readonly channel: TopicChannel,
    /** Whether the client said that it would acknowledge. */
    public acknowledges: boolean,
    readonly sink: FrameSink = subscriber.sink ?? subscriber,
  ) {}

  get topic(): string {
    return this.channel.topic;
  }

  /** The topic began again: what was acknowledged belongs to another epoch. Not for one that has ended. */
  restart(epoch: string): void {
    this.channel.receipts.restart(this, epoch);
    this.offered = 0;
    this.acked = 0;
    this.reached = 0;
  }
}
