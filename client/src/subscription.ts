import type { WaybillError } from './errors.js';
import type { Delivery, Gap, HistoryPage, Position, PresenceChange, PublishResult, Reset } from './message.js';
import type { HistoryRange, PresenceAnswer, PublishOptions } from './options.js';

/** Events of a subscription, by name, with what their listeners get. */
export interface SubscriptionEvents<T = unknown> {
  /** Each message once, in rising `seq`: those missed while the connection was away, then the live ones. */
  readonly message: Delivery<T>;
  /** Messages were missed and cannot be had. */
  readonly gap: Gap;
  /** The topic's log began anew. */
  readonly reset: Reset;
  /** Users came or left, where the namespace has presence on. */
  readonly presence: PresenceChange;
  /** The server accepted the subscription: the first time and after each reconnect. */
  readonly subscribed: SubscribedInfo;
  /** It ended: the server refused it or took it away, or the client closed. Nothing follows. */
  readonly ended: WaybillError;
}

/** A subscription as the server accepted it. */
export interface SubscribedInfo {
  /** Name of the topic. */
  readonly topic: string;
  /** Current epoch of its log. */
  readonly epoch: string;
  /** Highest `seq` of the topic when the subscription began. */
  readonly head: number;
  /** Whether the server pushes all that was missed; undefined on a first subscription. */
  readonly recovered: boolean | undefined;
}

/** State of a subscription: `pending` until the server has accepted it, and while there is no connection. */
export type SubscriptionState = 'pending' | 'subscribed' | 'ended';

/** One topic, for as long as the application wants it: reconnects do not end it. */
export interface Subscription<T = unknown> {
  /** Name of the topic. */
  readonly topic: string;
  /** How it stands now. */
  readonly state: SubscriptionState;
  /**
   * The last position seen; with acknowledgements, the last one dealt with. Undefined before the first answer. Keep it to go on after
   * a restart of the application.
   */
  readonly position: Position | undefined;
  /** Adds a listener; the answer removes it. */
  on<E extends keyof SubscriptionEvents<T>>(event: E, listener: (payload: SubscriptionEvents<T>[E]) => unknown): () => void;
  /** Adds a listener for the next such event only; the answer removes it. */
  once<E extends keyof SubscriptionEvents<T>>(event: E, listener: (payload: SubscriptionEvents<T>[E]) => unknown): () => void;
  /** Removes a listener. */
  off<E extends keyof SubscriptionEvents<T>>(event: E, listener: (payload: SubscriptionEvents<T>[E]) => unknown): void;
  /** Resolves when the server has accepted it; rejects with the refusal. */
  ready(): Promise<void>;
  /** No listener is called after this, whatever is under way. */
  unsubscribe(): void;
  /** Tells the server that everything up to `seq` (default: the last message seen) was dealt with; never more than was seen. */
  ack(seq?: number): void;
  /** Publishes to this topic, as `WaybillClient.publish` does. */
  publish(data: unknown, options?: PublishOptions): Promise<PublishResult>;
  /** Reads part of this topic's history, as `WaybillClient.history` does. */
  history(range?: HistoryRange): Promise<HistoryPage<T>>;
  /** Who is in this topic now. */
  presence(): Promise<PresenceAnswer>;
}
