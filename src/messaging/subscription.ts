import type { Subscriber } from './subscriber.js';

/**
 * One subscriber's place in one topic: a few integers, assigned in the fan-out. Because delivery is in order and without
 * holes, they say all there is to say about what this subscriber was given.
 */
export class Subscription {
  state: 'joining' | 'live' | 'closed' = 'joining';
  /** Highest `seq` offered to the subscriber, in the epoch the topic had then. */
  offered = 0;
  /** Highest `seq` known to be handed to the kernel. */
  written = 0;
  /** Highest `seq` the client acknowledged. */
  acked = 0;
  /** Slot among the live subscriptions of its topic; meaningless unless live. */
  slot = -1;

  constructor(
    readonly subscriber: Subscriber,
    readonly topic: string,
    /** Whether the client said that it would acknowledge. */
    public acknowledges: boolean,
  ) {}
}
