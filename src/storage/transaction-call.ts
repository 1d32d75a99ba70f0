import type pg from 'pg';
import { answerOf } from './database-answer.js';
import { QueryFailure } from './query-failure.js';
import type { Send } from './statement.js';

/** The statements of one transaction, and what the first that failed says of it. */
export class TransactionCall {
  /** Undefined while every statement was carried out. */
  failure: QueryFailure | undefined;
  /** How long the statement that failed was waited for. */
  waitedMs = 0;

  constructor(
    private readonly client: pg.PoolClient,
    private readonly timeoutMs: number,
  ) {}

  readonly send: Send = async (statement) => {
    const sentAt = performance.now();
    try {
      return await answerOf(this.client, statement, this.timeoutMs);
    } catch (error) {
      this.failure ??= QueryFailure.sent(error);
      this.waitedMs = performance.now() - sentAt;
      throw this.failure;
    }
  };

  /** Ends a transaction that failed; answers whether its connection can serve others. */
  async isRolledBack(): Promise<boolean> {
    try {
      await answerOf(this.client, { text: 'rollback' }, this.timeoutMs);
      return true;
    } catch {
      return false;
    }
  }
}
