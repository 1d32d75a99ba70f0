import { Injectable } from '@nestjs/common';

/** What the ledger's writer knows of itself. Times are milliseconds since the epoch. */
export interface WatchedLedger {
  /** Receipts that are open and have a row. */
  readonly openRows: number;
  /** Records that wait. */
  readonly waiting: number;
  /** Everything this node did until then is recorded. */
  readonly recordedTo: number;
  /** When a record was dropped last; undefined: never. */
  readonly droppedAt: number | undefined;
  /** Longest age of `recordedTo` that is in order. */
  readonly toleratedMs: number;
}

/** What operators see of the ledger on this node. */
@Injectable()
export class LedgerHealth {
  private source: (() => WatchedLedger) | undefined;

  /** Undefined until the ledger has begun. */
  get state(): WatchedLedger | undefined {
    return this.source?.();
  }

  watch(source: () => WatchedLedger): void {
    this.source = source;
  }
}
