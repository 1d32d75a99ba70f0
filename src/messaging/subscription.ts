import type { FrameSink } from './frame.js';
import type { Subscriber } from './subscriber.js';

/** Why messages that a subscriber was owed will not reach it. `unknown`: there were more exceptions than are kept. */
export type ExceptionReason = 'slow_consumer' | 'unknown';

/** Messages `from` to `to` that were not given to a subscriber. */
export interface Exception {
  readonly from: number;
  to: number;
  reason: ExceptionReason;
}

/** Exceptions kept of one subscription; beyond it the last one grows, and says `unknown`. */
const MOST_EXCEPTIONS = 64;

/**
 * One subscriber's place in one topic: a few integers, assigned in the fan-out. Because delivery is in order and without
 * holes, they say all there is to say about what this subscriber was given, together with the exceptions.
 */
export class Subscription {
  state: 'joining' | 'live' | 'closed' = 'joining';
  /** Highest `seq` offered to the subscriber, in the epoch the topic had then. */
  offered = 0;
  /** Highest `seq` the client acknowledged. */
  acked = 0;
  /** Slot among the live subscriptions of its topic; meaningless unless live. */
  slot = -1;
  /** What it was not given of what was offered, oldest first; absent: it was given everything. */
  exceptions: Exception[] | undefined;

  constructor(
    readonly subscriber: Subscriber,
    readonly topic: string,
    /** Whether the client said that it would acknowledge. */
    public acknowledges: boolean,
    readonly sink: FrameSink = subscriber.sink ?? subscriber,
  ) {}

  /** The topic began again: what was acknowledged or excepted belongs to another epoch. */
  restart(): void {
    this.acked = 0;
    this.exceptions = undefined;
  }

  /** Notes that a message will not reach the subscriber. */
  except(seq: number, reason: ExceptionReason): void {
    const exceptions = (this.exceptions ??= []);
    const last = exceptions.at(-1);
    if (last?.to === seq - 1 && last.reason === reason) last.to = seq;
    else if (last === undefined || exceptions.length < MOST_EXCEPTIONS) exceptions.push({ from: seq, to: seq, reason });
    else {
      last.to = Math.max(last.to, seq);
      last.reason = 'unknown';
    }
  }
}
