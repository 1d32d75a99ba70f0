/** A place in a topic's log. `seq` rises by one without holes within an epoch. */
export interface Position {
  /** Names one life of the log: it changes only where the log was lost or deleted. */
  readonly epoch: string;
  /** From 1 on. */
  readonly seq: number;
}

/** A message of a topic, with its position. */
export interface Message<T = unknown> extends Position {
  /** Name of the topic. */
  readonly topic: string;
  /** The publisher's idempotency key. */
  readonly msgId: string;
  /** The event name that the publisher chose; `message` where it chose none. */
  readonly action: string;
  /** The payload. */
  readonly data: T;
  /** When the server accepted it, milliseconds since the epoch. */
  readonly timestamp: number;
  /** The publisher's own clock, where it gave one. */
  readonly clientTimestamp: number | undefined;
  /** W3C traceparent of the publish, where it is traced. */
  readonly trace: string | undefined;
}

/** A message as listeners are given it. */
export interface Delivery<T = unknown> extends Message<T> {
  /** Tells the server that this message and all before it in its topic were dealt with; nothing where acknowledgements are off. */
  ack(): void;
}

/** Messages that were missed and cannot be had: `from` and `to` are the first and the last `seq`. */
export interface Gap {
  /** Name of the topic. */
  readonly topic: string;
  /** First `seq` that is missing. */
  readonly from: number;
  /** Last `seq` that is missing. */
  readonly to: number;
  /** Why they cannot be had. */
  readonly reason: string;
}

/** The topic's log was lost or deleted: positions of the old epoch mean nothing any more. */
export interface Reset {
  /** Name of the topic. */
  readonly topic: string;
  /** The last position seen in the old epoch. */
  readonly previous: Position;
  /** Where the new epoch stands. */
  readonly current: Position;
}

/** Users who came to a topic or left it. */
export interface PresenceChange {
  /** Name of the topic. */
  readonly topic: string;
  /** Whether they came or left. */
  readonly kind: 'join' | 'leave';
  /** Who they are. */
  readonly users: readonly string[];
  /** Distinct users present now. */
  readonly usersCount: number;
  /** Connections present now: a user may have several. */
  readonly connectionsCount: number;
}

/** Part of a topic's history, in rising `seq`. */
export interface HistoryPage<T = unknown> {
  /** Epoch of its messages. */
  readonly epoch: string;
  /** Highest `seq` of the topic; 0 when it is empty. */
  readonly head: number;
  /** The messages of the range, up to its limit. */
  readonly messages: readonly Message<T>[];
}

/** Where an accepted publish stands. */
export interface PublishResult extends Position {
  /** Name of the topic. */
  readonly topic: string;
  /** The idempotency key it was stored under. */
  readonly msgId: string;
  /** The server had it already, from an attempt whose reply was lost. */
  readonly duplicate: boolean;
}
