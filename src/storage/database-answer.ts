import type pg from 'pg';
import type { Row, Statement } from './statement.js';

/** The rows of one statement. Rejects after `timeoutMs` at the latest; the connection is of no more use then. */
export async function answerOf(client: pg.PoolClient, { text, values = [] }: Statement, timeoutMs: number): Promise<readonly Row[]> {
  const query: pg.QueryArrayConfig & { readonly query_timeout: number } = {
    text,
    values: [...values],
    rowMode: 'array',
    query_timeout: Math.max(1, timeoutMs),
  };
  return (await client.query<unknown[]>(query)).rows;
}
