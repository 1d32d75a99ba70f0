/**
 * Why messages that a subscriber was owed did not reach it. `slow_consumer`: the namespace's slow policy dropped them. `retention`,
 * `buffer`, `lost`, `reset`: they could not be had any more (see `GapReason`), and the subscriber was told. `unknown`: there were more
 * exceptions than are kept.
 */
export const EXCEPTION_REASONS = ['slow_consumer', 'retention', 'buffer', 'lost', 'reset', 'unknown'] as const;
export type ExceptionReason = (typeof EXCEPTION_REASONS)[number];

/** Messages `from` to `to` that were not given to a subscriber. */
export interface Exception {
  readonly from: number;
  readonly to: number;
  readonly reason: ExceptionReason;
}

/**
 * What one subscription was owed and given of one epoch of a topic. Because delivery to a connection is in order and without holes, a few
 * positions say it all: of the messages after `after`, those up to `written` were handed to the kernel, those up to `handed` to the socket,
 * those up to `offered` to the connection's queue, and those up to `head` existed. `acked` is the client's own word.
 * Positions rise in this order, and `written` never includes what an exception names.
 */
export interface Receipt {
  /** Unique among the receipts of one run of a node. */
  readonly no: number;
  readonly topic: string;
  readonly epoch: string;
  readonly connection: string;
  /** Principal id of the subscriber: a user, or `key:<name>`. */
  readonly user: string;
  /** When what was missed, or live, began to flow, and nothing was written earlier; milliseconds since the epoch. */
  readonly openedAt: number;
  /** When its connection began: an erasure takes a connection as a whole. Milliseconds since the epoch. Not recorded. */
  readonly connectedAt?: number | undefined;
  /** Every later message is owed. */
  readonly after: number;
  /** Messages after `after` and up to here came from history when it opened, not live; 0 where none did. */
  readonly recoveredTo: number;
  readonly offered: number;
  readonly handed: number;
  readonly written: number;
  /** 0 where the client acknowledged nothing. */
  readonly acked: number;
  /** When it acknowledged up to there, milliseconds since the epoch. Not known of what was recorded before this was. */
  readonly ackedAt?: number | undefined;
  /** Whether something had to wait in this process: then no mark of the node says when it was written. */
  readonly lagged: boolean;
  /** Oldest first, apart from one another. */
  readonly exceptions: readonly Exception[];
  /** Highest `seq` that the node knew of: when it closed, or, while it is open, when it was looked at. */
  readonly head: number;
  /** Milliseconds since the epoch; undefined while it is open. */
  readonly closedAt: number | undefined;
  /** It is open only because something of it still waits: nothing later than `head` is owed. Not recorded. */
  readonly leaving?: true;
}

/**
 * When a node had handed a topic's messages up to `seq` to everybody for whom nothing waited; milliseconds since the epoch. A later message
 * may have gone to some of them a flush turn (a few milliseconds) before.
 */
export interface Mark {
  readonly seq: number;
  readonly at: number;
}
