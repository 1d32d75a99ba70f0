import type { ConnectionPool } from './connection-pool.js';

/** Longest time for a connection and the answer; a shorter statement deadline shortens it. */
const LONGEST_MS = 1_000;

const QUESTION = `select current_setting('transaction_read_only')`;

/** Asks the database whether it is there and takes writes. Rejects with a sentence where not, and never waits long. */
export async function probe(pool: ConnectionPool, statementMs: number): Promise<void> {
  const deadline = performance.now() + Math.min(LONGEST_MS, statementMs);
  const client = await pool.acquire(deadline);
  let readOnly = false;
  let answered = false;
  try {
    const question = { text: QUESTION, rowMode: 'array' as const, query_timeout: Math.max(1, deadline - performance.now()) };
    const { rows } = await client.query<[string]>(question);
    readOnly = rows[0]?.[0] === 'on';
    answered = true;
  } finally {
    pool.release(client, answered && !readOnly);
  }
  if (readOnly) throw new Error('the server takes no writes: it is a standby, or its transactions are read-only by default');
}
