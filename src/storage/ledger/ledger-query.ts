import { Refusal } from '../../protocol/refusal.js';
import { RETRY_AFTER_MS } from '../append-failure.js';
import type { Database, Row, Statement } from '../database.js';
import { QueryFailure } from '../query-failure.js';

/** Appendix A of PostgreSQL: the statement took longer than statements may. */
const QUERY_CANCELED = '57014';

/** Reads of the ledger. They reject with `Refusal` `UNAVAILABLE` where the database gives no answer. */
export class LedgerQuery {
  constructor(private readonly database: Database) {}

  rows(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return this.run({ text, values });
  }

  /** As `rows`; undefined where the statement took longer than statements may. */
  async inTime(text: string, values: readonly unknown[]): Promise<readonly Row[] | undefined> {
    try {
      return await this.rows(text, values);
    } catch (error) {
      if (error instanceof Refusal && error.cause instanceof QueryFailure && error.cause.sqlState === QUERY_CANCELED) return undefined;
      throw error;
    }
  }

  async run(statement: Statement): Promise<readonly Row[]> {
    try {
      return await this.database.query('ledger_read', statement);
    } catch (error) {
      if (error instanceof QueryFailure) throw refusalOf(error);
      throw error;
    }
  }
}

function refusalOf(failure: QueryFailure): Refusal | QueryFailure {
  if (failure.sqlState === QUERY_CANCELED)
    return unavailable(
      'the database needed longer for this than one statement may (WAYBILL_DB_STATEMENT_TIMEOUT_MS): ask for less',
      failure,
    );
  if (failure.kind === 'rejected' && !/^(?:53|57|58|25006)/.test(failure.sqlState ?? '')) return failure;
  return unavailable('the ledger cannot be read now, because the database does not answer', failure);
}

function unavailable(message: string, cause: QueryFailure): Refusal {
  return Object.assign(new Refusal('UNAVAILABLE', message, { retryAfterMs: RETRY_AFTER_MS }), { cause });
}
