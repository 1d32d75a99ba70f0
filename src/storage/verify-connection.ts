import pg from 'pg';
import type { LogWitness } from './log-witness.js';

/** No such schema, function or table: the migrations that bring it have not run. PostgreSQL, appendix A. */
const NOT_THERE_YET = new Set(['3F000', '42883', '42P01']);

/**
 * Runs on every new connection before its first use: lets the database say whether it is the one that this log was written to, so
 * that a restored or demoted server is found out before anything is read from it. Rejects where it is not; the pool then has no
 * connection, which callers see as an unreachable database.
 */
export async function verifyConnection(client: pg.ClientBase, witness: LogWitness): Promise<void> {
  const { text, values = [] } = witness.question;
  try {
    const { rows } = await client.query<unknown[]>({ text, values: [...values], rowMode: 'array' });
    witness.note(rows[0]);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || !NOT_THERE_YET.has(error.code ?? '')) throw error;
  }
}
