import { Ledger } from './ledger.js';

/** Keeps nothing: for tests of what is not about the ledger. */
export class NoopLedger extends Ledger {
  override follow(): void {}
  override recovering(): Promise<void> {
    return Promise.resolve();
  }
  override closed(): void {}
  override fetched(): Promise<void> {
    return Promise.resolve();
  }
  override connectionClosed(): void {}
  override refused(): void {}
}
