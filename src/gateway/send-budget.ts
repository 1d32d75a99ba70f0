import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';

/** Said to a connection that ends because others wait too, at most 123 bytes. */
export const NODE_BUDGET_REASON = 'slow consumer: this node holds too much for slow readers';

/** A connection for which something waits. */
export interface Debtor {
  readonly queuedBytes: number;
  /** It holds the most of what this node may let wait: it ends, and gives its part back before this returns. */
  overflowed(budget: 'node'): void;
}

/**
 * What waits in this process for all slow connections together. Many slow readers may each be within their own budget and
 * still take the node's memory: then the dearest of them is ended, until the others fit.
 */
@Injectable()
export class SendBudget {
  private readonly mostBytes: number;
  private readonly debtors = new Set<Debtor>();
  private usedBytes = 0;

  constructor(config: Config) {
    const { nodeQueueBytes } = config.gateway;
    this.mostBytes = nodeQueueBytes === 0 ? Infinity : nodeQueueBytes;
  }

  /** Bytes that wait on this node. */
  get used(): number {
    return this.usedBytes;
  }

  take(bytes: number): void {
    this.usedBytes += bytes;
  }

  release(bytes: number): void {
    this.usedBytes -= bytes;
  }

  add(debtor: Debtor): void {
    this.debtors.add(debtor);
  }

  remove(debtor: Debtor): void {
    this.debtors.delete(debtor);
  }

  /** Ends the dearest connections until what waits fits. */
  enforce(): void {
    while (this.usedBytes > this.mostBytes) {
      const dearest = this.dearest();
      if (dearest === undefined) return;
      this.debtors.delete(dearest);
      dearest.overflowed('node');
    }
  }

  private dearest(): Debtor | undefined {
    let dearest: Debtor | undefined;
    let most = -1;
    for (const debtor of this.debtors) {
      const { queuedBytes } = debtor;
      if (queuedBytes <= most) continue;
      dearest = debtor;
      most = queuedBytes;
    }
    return dearest;
  }
}
