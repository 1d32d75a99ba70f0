import type { Fetch } from '../../messaging/ledger/ledger.js';
import type { OpenReceipts } from '../../messaging/ledger/open-receipts.js';
import type { Receipt } from '../../messaging/ledger/receipt.js';
import type { Span } from './gaps.js';

/**
 * What this node knows and the database does not yet. A reader looks at it before it reads rows; so whatever is recorded meanwhile is in
 * what it saw, and wins over its row.
 */
export abstract class Unrecorded {
  /** The number of this run; undefined until the database gave one. */
  abstract readonly runId: number | undefined;
  abstract readonly open: OpenReceipts;
  /** Receipts that are final, until the transaction that records them is known to be committed. */
  abstract closings(): Iterable<Receipt>;
  /** Reads of history, likewise. */
  abstract waitingFetches(): Iterable<Fetch>;
  /** Times of which records of this run were dropped. */
  abstract droppedTimes(): readonly Span[];
}

export const NOTHING_OPEN: OpenReceipts = { moved: () => [], of: () => undefined, ofConnection: () => [] };
