import type { ConnectionPage, ConnectionQuery } from '../gateway-control.js';
import type { Message, Position } from '../message.js';
import type { ConnectionRecord } from './connection-record.js';
import type { Fetch } from './ledger.js';
import type { Outcome, ReceiptState } from './outcome.js';
import type { Mark, Receipt } from './receipt.js';
import type { RefusalRecord } from './refusal-record.js';

/**
 * A receipt with where it comes from and how it stands. One that was `lost` counts as closed when the loss was noticed, with the topic's
 * head of then, once that is known; what nobody recorded of it is as small as it can be.
 */
export interface FoundReceipt {
  readonly receipt: Receipt;
  readonly node: string;
  /** The run of the node: a number that every start takes anew. */
  readonly run: number;
  readonly state: ReceiptState;
}

export interface ReceiptPage {
  readonly items: readonly FoundReceipt[];
  readonly next: string | undefined;
}

/** A place in a topic, with the topic. */
export interface MessagePlace extends Position {
  readonly topic: string;
}

/** How often each outcome was met, over receipts that cover the message; `fetched` and `not_subscribed` are not among them. */
export type OutcomeTotals = Readonly<Partial<Record<Outcome, number>>>;

/** One run of a node, from its start to its end or loss. Times are milliseconds since the epoch. */
export interface NodeRun {
  readonly run: number;
  readonly node: string;
  readonly startedAt: number;
  /** Everything that this run did until then is recorded. */
  readonly recordedTo: number;
  /** Present where it ended in order, after its last record. */
  readonly endedAt: number | undefined;
  /** Present where it was lost: nothing it did later than this. */
  readonly lostAt: number | undefined;
  /** Times of which records were dropped. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
  /** Seconds that this run keeps receipts, by namespace or `default`; 0: for ever, -1: it keeps none. */
  readonly kept: Readonly<Record<string, number>>;
}

/** How far one run came with a topic. */
export interface NodeProgress {
  readonly run: number;
  readonly node: string;
  readonly seq: number;
  readonly marks: readonly Mark[];
}

/** A stored message, with what only the log knows of it. */
export interface StoredMessage extends Message {
  /** By the database's clock, milliseconds since the epoch; undefined for an ephemeral topic. */
  readonly storedAt: number | undefined;
  /** Whether its payload was erased. */
  readonly erased: boolean;
}

/**
 * Port: what the ledger knows, of every node, from memory and from the database as one.
 *
 * The contract's hard sentence: a receipt is answered once, as it stood at one moment, and what this node has in memory wins over what it
 * has recorded. Rejects with `Refusal` `UNAVAILABLE` where the database cannot be asked.
 */
export abstract class LedgerReader {
  /**
   * Receipts that cover a message, in a steady order. `cursor`: `next` of the page before. `outcome`: only those. A page may hold fewer
   * than `limit`, or none, and still have a `next`: looking for them stops after a bounded amount of work.
   */
  abstract covering(
    place: MessagePlace,
    page: { readonly limit: number; readonly cursor?: string; readonly outcome?: Outcome },
  ): Promise<ReceiptPage>;
  /**
   * Outcomes over all receipts that cover a message, counted where they lie. Undefined: they are so many that the count would take longer
   * than one statement may.
   */
  abstract totals(place: MessagePlace): Promise<OutcomeTotals | undefined>;
  /** The same receipts by the run that keeps them; who asks for both at once shares one count. */
  abstract receiptsByRun(place: MessagePlace): Promise<ReadonlyMap<number, number> | undefined>;
  /** How far each run came with the message's topic and epoch. */
  abstract progress(place: MessagePlace): Promise<readonly NodeProgress[]>;
  /** A user's receipts of a topic (every epoch), youngest first, at most `limit`; those that cover `seq` of `epoch` always among them. */
  abstract receiptsOf(user: string, place: MessagePlace, limit: number): Promise<readonly FoundReceipt[]>;
  /** All of a connection's receipts, by topic. */
  abstract receiptsOfConnection(connection: string): Promise<readonly FoundReceipt[]>;
  /** Reads of history that included a message, by this user, or by anybody; oldest first, at most `limit` (of thousands by anybody: of some). */
  abstract fetches(place: MessagePlace, by: { readonly user?: string; readonly limit: number }): Promise<readonly Fetch[]>;
  /** Runs that were alive at some moment between two times. */
  abstract runs(from: number, to: number): Promise<readonly NodeRun[]>;
  /** Stored messages with this id, of any publisher and topic or of those named, newest first, at most `limit` (of thousands: of some). */
  abstract messagesById(
    msgId: string,
    limit: number,
    only?: { readonly publisher?: string; readonly topic?: string },
  ): Promise<readonly StoredMessage[]>;
  /** The message at a place of a durable topic; undefined where it is not there. */
  abstract message(place: MessagePlace): Promise<StoredMessage | undefined>;
  /**
   * Closed connections of every node, filtered, sorted and paged by the database; `state` is ignored. Sorts by `closed_at` whatever matches,
   * by other fields where few enough match, and refuses with `BAD_REQUEST` otherwise. Pages may be short, as those of `covering`.
   */
  abstract closedConnections(query: ConnectionQuery & ConnectionSpan): Promise<ConnectionPage>;
  abstract closedConnection(id: string): Promise<ConnectionRecord | undefined>;
  /** Recorded refusals of a user, newest first, at most `limit`; of one topic where it is named (those without a topic included). */
  abstract refusals(
    user: string,
    by: { readonly topic?: string; readonly from: number; readonly to: number; readonly limit: number },
  ): Promise<readonly RefusalRecord[]>;
  /** Whether anything was recorded of the user: receipts, closed connections, reads, refusals. Who is here now is `GatewayControl`'s to say. */
  abstract knows(user: string): Promise<boolean>;
  /** When the user was erased last, milliseconds since the epoch; undefined: never. */
  abstract erasedAt(user: string): Promise<number | undefined>;
}

/** Further filters of the search for closed connections. */
export interface ConnectionSpan {
  /** Close code. */
  readonly code?: number | undefined;
  /** Part of the close reason, in any case. */
  readonly reason?: string | undefined;
  /** Open at some moment between these times, milliseconds since the epoch. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}
