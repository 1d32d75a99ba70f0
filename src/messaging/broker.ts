import type { AppendOutcome, HistoryPage, ReadRange, TopicEnds } from './message-log.js';
import type { Draft, Message } from './message.js';

/**
 * @param lagMs time from the publishing node's hand to this arrival, in milliseconds, by a clock that both know; absent where the message
 * did not take the way that those of other nodes take.
 */
export type BrokerListener = (message: Message, lagMs?: number) => void;

/** @param text a frame as subscribers are sent it. */
export type NoticeListener = (topic: string, text: string) => void;

/** A node's two ways to the bus: it tells others of messages, and is told of them. */
export type BusRole = 'publish' | 'subscribe';

/**
 * Port: the bus between nodes, and the sequencer of ephemeral topics.
 *
 * The contract's hard sentence: once `subscribe` has resolved, every message published afterwards on any node reaches the
 * listener, or is lost: at most once, in no promised order. It is the fast hint; the log is the truth.
 * Ephemeral topics have no log: `publishEphemeral` assigns the next `seq` and delivers in one atomic step, and `readEphemeral`
 * serves the short buffer of the namespace's policy.
 */
export abstract class Broker {
  /** Whether messages may be lost on the way: not where publisher and subscriber share their memory. */
  abstract readonly mayLose: boolean;
  /** Tells every subscribed node of a stored message. Rejections are counted and ignored by the publisher: the log heals. */
  abstract publish(message: Message): Promise<void>;
  /** Sequences, buffers and delivers a message of an ephemeral topic; idempotent by (publisher, msgId) within its buffer. */
  abstract publishEphemeral(draft: Draft, bufferLength: number): Promise<AppendOutcome>;
  abstract readEphemeral(topic: string, range: ReadRange): Promise<HistoryPage>;
  abstract endsEphemeral(topic: string): Promise<TopicEnds>;
  /** Ephemeral topics that exist now, in name order. */
  abstract ephemeralTopics(page: {
    readonly after?: string;
    readonly prefix?: string;
    readonly limit: number;
  }): Promise<readonly (TopicEnds & { readonly topic: string; readonly lastAt: number })[]>;
  abstract deleteEphemeral(topic: string): Promise<boolean>;
  /** Brings a frame that is no message to every node that is subscribed, this one included, once or never. Rejects where others are known not to get it. */
  abstract tell(topic: string, text: string): Promise<void>;
  /** The one receiver of such frames. */
  abstract listenToNotices(listener: NoticeListener): void;
  abstract subscribe(topic: string): Promise<void>;
  abstract unsubscribe(topic: string): Promise<void>;
  /** The one receiver of everything this node is subscribed to. */
  abstract listen(listener: BrokerListener): void;
  /** Whether this way to the bus stands now; known without asking anybody. */
  abstract isConnected(role: BusRole): boolean;
  /** Why a way does not stand, in words for an operator; undefined where all do, or nobody knows. */
  abstract trouble(): string | undefined;
  /** Calls the listener each time that a way has gone or come. When this node is told again, what was published meanwhile is lost to it. */
  abstract watch(listener: () => void): void;
  abstract close(): Promise<void>;
}
