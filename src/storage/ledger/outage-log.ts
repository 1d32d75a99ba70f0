import type { Logger } from '@nestjs/common';

/** At most one line for each kind of trouble in this time. */
const QUIET_MS = 60_000;

/** Tells the log what the ledger could not record, without filling it. */
export class OutageLog {
  private readonly toldAt = new Map<string, number>();
  private problem: string | undefined;
  private drops = 0;

  constructor(private readonly logger: Logger) {}

  /** Records stay; they are tried again. */
  began(problem: string): void {
    if (this.problem === problem) return;
    this.problem = problem;
    this.logger.warn(`Receipts could not be recorded and are kept for the next try: ${problem}`);
  }

  dropped(): void {
    this.drops += 1;
    if (!this.isTime('dropped')) return;
    this.logger.error(
      'Receipts are dropped: the database has not taken them for so long that ledger.records or ledger.recordBytes is reached. What they said is answered as unknown.',
    );
  }

  unstorable(kind: string, problem: string): void {
    if (this.isTime('unstorable')) this.logger.error(`A record (${kind}) was dropped, because the database cannot store it: ${problem}`);
  }

  /** Something was recorded. */
  over(): void {
    if (this.problem !== undefined || this.drops > 0)
      this.logger.log(`Receipts are recorded again${this.drops === 0 ? '' : `; ${this.drops} were dropped`}.`);
    this.problem = undefined;
    this.drops = 0;
  }

  private isTime(kind: string): boolean {
    const now = performance.now();
    const last = this.toldAt.get(kind);
    if (last !== undefined && now - last < QUIET_MS) return false;
    this.toldAt.set(kind, now);
    return true;
  }
}
