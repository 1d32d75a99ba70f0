import { SpentNonces } from './spent-nonces.js';

/** In this process: for tests, and for one node without a database. */
export class MemorySpentNonces extends SpentNonces {
  private readonly spent = new Map<string, number>();

  get size(): number {
    return this.spent.size;
  }

  override spend(nonce: string, until: number): Promise<boolean> {
    this.forgetOld();
    const isFirst = !this.spent.has(nonce);
    if (isFirst) this.spent.set(nonce, until);
    return Promise.resolve(isFirst);
  }

  private forgetOld(): void {
    const now = Date.now();
    for (const [nonce, until] of this.spent) if (until < now) this.spent.delete(nonce);
  }
}
