import type { Refusal } from '../protocol/refusal.js';
import type { Draft, Message, Position } from './message.js';

/** What became of one item of an append. `conflict`: this msg_id was used for another body; the position is the original's. */
export type AppendOutcome =
  | { readonly kind: 'stored'; readonly position: Position }
  | { readonly kind: 'duplicate'; readonly position: Position; readonly timestamp: number }
  | { readonly kind: 'conflict'; readonly position: Position }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The topic is held by another transaction of the database; nothing was stored. */
export interface TopicBusy {
  readonly kind: 'busy';
}

/** Ends of a topic's log. An unknown topic has head 0 and floor 0 and the epoch it would get. */
export interface TopicEnds {
  readonly epoch: string;
  /** Highest `seq`; 0 when empty. */
  readonly head: number;
  /** Messages up to and including this `seq` are gone; history begins at `floor + 1`. */
  readonly floor: number;
}

export interface ReadRange {
  /** Only messages with a greater `seq`. */
  readonly after?: number;
  /** Only messages with a smaller `seq`. */
  readonly before?: number;
  /** Most messages. With `after`, or without both, they are the lowest after it; with `before` alone, the highest before it. */
  readonly limit: number;
  /** Most payload bytes; at least one message is returned where one exists. */
  readonly maxBytes?: number;
}

export interface HistoryPage extends TopicEnds {
  /** In rising `seq`. */
  readonly messages: readonly Message[];
}

export interface TopicSummary extends TopicEnds {
  readonly topic: string;
  /** Timestamp of the newest message, milliseconds since the epoch; 0 when empty. */
  readonly lastAt: number;
}

/** How far a new epoch reaches: `topic` alone, or every topic of the `log`. */
export type RewindScope = 'topic' | 'log';

/** Whether the log is worth trying, for those who would wait for it. */
export interface LogAvailability {
  /** What every append would be refused with now; undefined while it is worth trying. */
  readonly refusal: Refusal | undefined;
  /** Calls work each time that this has changed. */
  watch(work: () => void): void;
}

const ALWAYS: LogAvailability = { refusal: undefined, watch: () => undefined };

/**
 * Port: the ordered record of every topic.
 *
 * The contract's hard sentence: when `append` resolves, every `stored` item is on disk, has the next `seq` of its topic, and no
 * reader has seen or will see a lower `seq` of that topic appear after it: sequence order is commit order, without holes.
 * Items of one call keep their order within a topic. A repeated (topic, publisher, msgId) within the idempotency time is
 * `duplicate` (same action and payload) or `conflict`, also within one call. One bad item does not spoil its neighbours.
 * `append` rejects with `Refusal` `UNKNOWN_OUTCOME` when the verdict is not known, `UNAVAILABLE` when nothing was stored.
 */
export abstract class MessageLog {
  /** A log that is in reach as long as this process lives need not say so. */
  readonly availability: LogAvailability = ALWAYS;

  abstract append(drafts: readonly Draft[]): Promise<readonly AppendOutcome[]>;
  /** The same without waiting for topics that another transaction holds: their items are answered `busy`. */
  abstract appendFree(drafts: readonly Draft[]): Promise<readonly (AppendOutcome | TopicBusy)[]>;
  /** Ends of several topics, in one read, in the order asked. */
  abstract ends(topics: readonly string[]): Promise<readonly TopicEnds[]>;
  /** Messages of one topic in rising `seq`, with the ends as of the same snapshot. */
  abstract read(topic: string, range: ReadRange): Promise<HistoryPage>;
  /** Known topics in name order, after a name, for paging. */
  abstract topics(page: { readonly after?: string; readonly prefix?: string; readonly limit: number }): Promise<readonly TopicSummary[]>;
  /**
   * Somebody holds a position of a topic's present epoch. Where it is beyond the head, messages were lost that others have seen,
   * for example because the log was restored from a copy: a new epoch begins. Answers whether it was so.
   */
  abstract reportRewind(topic: string, position: Position, scope: RewindScope): Promise<boolean>;
  /** Removes a topic and its messages; a later publish starts a new epoch at `seq` 1. Answers whether it existed. */
  abstract delete(topic: string): Promise<boolean>;
}
