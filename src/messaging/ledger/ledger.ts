import type { ConnectionRecord } from './connection-record.js';
import type { ErasedUsers } from './erased-users.js';
import type { OpenReceipts } from './open-receipts.js';
import type { Receipt } from './receipt.js';
import type { RefusalRecord } from './refusal-record.js';

/** Somebody read messages from history, by socket or REST. */
export interface Fetch {
  readonly topic: string;
  readonly epoch: string;
  /** First and last message of the answer. */
  readonly from: number;
  readonly to: number;
  readonly user: string;
  /** Absent: by REST. */
  readonly connection: string | undefined;
  /** When that connection began, milliseconds since the epoch: an erasure takes a connection as a whole. Not recorded. */
  readonly connectedAt?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Port: where the record of deliveries is kept.
 *
 * The contract's hard sentence: what it is told is recorded in the order told, or is dropped, counted, and remembered as a gap, so that
 * no later answer is wrong because of it. It never blocks a live delivery, never throws and never rejects; while the database is away it
 * keeps what fits a budget. What comes from history is recorded before it leaves, as long as that takes no longer than a moment
 * (`recovering`, `fetched`).
 */
export abstract class Ledger {
  /** Names where the open receipts are looked up; called once, before anything else. */
  abstract follow(open: OpenReceipts): void;
  /** A subscription is about to be given what it missed. Resolves once that is recorded, or cannot be soon. */
  abstract recovering(receipt: Receipt): Promise<void>;
  /** A receipt is final. */
  abstract closed(receipt: Receipt): void;
  /** Resolves once it is recorded, or cannot be soon. */
  abstract fetched(fetch: Fetch): Promise<void>;
  /** A connection ended. */
  abstract connectionClosed(record: ConnectionRecord): void;
  /** A user who is known by name was refused something; `count` so far, of the same refusal. */
  abstract refused(user: string, refusal: RefusalRecord): void;
  /**
   * Whom to tell of erasures by any node, before anything later is said to be recorded. It may be told of one several times, and ends what
   * such a user began before on this node.
   */
  whenErased(_listener: (erased: ErasedUsers) => void): void {}
  /** Looks for erasures of other nodes now instead of at its time. */
  lookForErasures(): void {}

  /**
   * Records what everything that goes on has come to, in bounded time. Answers the number of this run where all that was done before the call is
   * recorded then; undefined where it is not, or where nothing is recorded.
   */
  recordNow(): Promise<number | undefined> {
    return Promise.resolve(undefined);
  }
  /** Records what is left, in bounded time; called once, when every connection is closed. Nothing is told afterwards. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
