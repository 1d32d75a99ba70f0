import type { LedgerRecord } from './ledger-record.js';

/** Where a message stands in its topic's log. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** What a publisher learned of one attempt. `unknown`: the gateway said so, or the connection ended without an answer. */
export type Outcome =
  | ({ readonly kind: 'acked'; readonly duplicate: boolean } & Position)
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'unknown'; readonly reason: string };

interface OfPublisher {
  /** Milliseconds of one clock for the whole log. */
  readonly at: number;
  readonly publisher: string;
  readonly topic: string;
  readonly msgId: string;
  /** 1: the first; further ones repeat the same message. */
  readonly attempt: number;
}

interface OfSubscriber {
  readonly at: number;
  readonly subscriber: string;
  /** Counts a subscriber's connections. */
  readonly connection: number;
}

/** A publish was handed to a door. `order` rises with each first attempt of a publisher, as they were pipelined. */
export type AttemptRecord = OfPublisher & { readonly kind: 'attempt'; readonly hash: string; readonly order: number };
export type ResultRecord = OfPublisher & { readonly kind: 'result'; readonly outcome: Outcome };

/**
 * The subscribe reply. `since`: the position it asked to go on from. `unasked`: there was none yet; a topic of the server's own began by
 * itself, because the client's `resume` took longer than the server waits for it.
 */
export type SubscribedRecord = OfSubscriber & {
  readonly kind: 'subscribed';
  readonly topic: string;
  readonly since?: Position;
  readonly epoch: string;
  readonly head: number;
  readonly recovered?: boolean;
  readonly unasked?: true;
};
export type DeliveredRecord = OfSubscriber &
  Position & { readonly kind: 'delivered'; readonly topic: string; readonly msgId: string; readonly hash: string };
export type GapRecord = OfSubscriber & {
  readonly kind: 'gap';
  readonly topic: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
};
export type ResetRecord = OfSubscriber & { readonly kind: 'reset'; readonly topic: string; readonly epoch: string };
export type UnsubscribedRecord = OfSubscriber & { readonly kind: 'unsubscribed'; readonly topic: string; readonly code: string };
export type ClosedRecord = OfSubscriber & { readonly kind: 'closed'; readonly code: number };
/** The test itself ended this subscriber. */
export type StoppedRecord = OfSubscriber & { readonly kind: 'stopped' };
/** The first frame of a connection. `user` where it is not the subscriber's name; `id` is the gateway's name of the connection. */
export type ConnectedRecord = OfSubscriber & { readonly kind: 'connected'; readonly id: string; readonly user?: string };
/** It reads nothing from here on, or reads again. */
export type PausedRecord = OfSubscriber & { readonly kind: 'paused'; readonly on: boolean };
/** An unsubscribe was sent. */
export type LeavingRecord = OfSubscriber & { readonly kind: 'leaving'; readonly topic: string };
/** It was answered. */
export type LeftRecord = OfSubscriber & { readonly kind: 'left'; readonly topic: string };
/** An acknowledgement was sent. */
export type AckRecord = OfSubscriber & Position & { readonly kind: 'ack'; readonly topic: string };
/** History was asked for; `rest`: not by this connection. */
export type ReadingRecord = OfSubscriber & {
  readonly kind: 'reading';
  readonly topic: string;
  readonly request: string;
  readonly rest: boolean;
};
/** It was answered with these messages. */
export type ReadRecord = OfSubscriber & {
  readonly kind: 'read';
  readonly topic: string;
  readonly request: string;
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
};

/** From here on all parts work; whoever is live must reach this head soon. */
export interface HeadRecord {
  readonly kind: 'head';
  readonly at: number;
  readonly topic: string;
  readonly epoch: string;
  readonly head: number;
}

/** A topic read back when everything was over; its messages follow as `stored`. */
export interface HistoryRecord {
  readonly kind: 'history';
  readonly topic: string;
  readonly epoch: string;
  readonly floor: number;
  readonly head: number;
}
export type StoredRecord = Position & {
  readonly kind: 'stored';
  readonly topic: string;
  readonly publisher: string;
  readonly msgId: string;
  readonly hash: string;
};

export type SubscriberRecord =
  | SubscribedRecord
  | DeliveredRecord
  | GapRecord
  | ResetRecord
  | UnsubscribedRecord
  | ClosedRecord
  | StoppedRecord
  | ConnectedRecord
  | PausedRecord
  | LeavingRecord
  | LeftRecord
  | AckRecord
  | ReadingRecord
  | ReadRecord;

/** One line of a log. */
export type LogRecord = AttemptRecord | ResultRecord | SubscriberRecord | HeadRecord | HistoryRecord | StoredRecord | LedgerRecord;
