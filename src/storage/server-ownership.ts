import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { StorageStartError } from './start-error.js';

/** "wayb" + 1, as an advisory lock: whoever holds it runs on this data directory. */
const OWNER_LOCK = 0x77617963;
/** The lock of a program that was killed goes as soon as its server notices. */
const PATIENCE_MS = 3_000;
const PAUSE_MS = 50;
const NAME_PREFIX = 'waybill process ';

/**
 * Lets one program at a time use an embedded server: an advisory lock on a connection that is kept open, so that it ends with
 * its holder however that one ends. Answers that connection. Throws `StorageStartError` naming the holder.
 */
export async function takeOwnership(url: string, dataDirectory: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: `${NAME_PREFIX}${process.pid}`, keepAlive: true });
  client.on('error', () => undefined);
  await client.connect();
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await lock(client))) {
    if (performance.now() > deadline) {
      const holder = await holderOf(client);
      await client.end();
      throw new StorageStartError(
        `Another waybill (process ${holder}) is running on the data directory ${dataDirectory}. Stop it, or give this one its own WAYBILL_DATA_DIR; several nodes share a database by DATABASE_URL.`,
      );
    }
    await delay(PAUSE_MS);
  }
  return client;
}

async function lock(client: pg.Client): Promise<boolean> {
  const result = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [OWNER_LOCK]);
  return result.rows[0]?.taken === true;
}

async function holderOf(client: pg.Client): Promise<string> {
  const result = await client.query<{ name: string }>(
    `select a.application_name as name from pg_locks l join pg_stat_activity a using (pid) where l.locktype = 'advisory' and l.granted and l.objid = $1`,
    [OWNER_LOCK],
  );
  return result.rows[0]?.name.slice(NAME_PREFIX.length) ?? 'unknown';
}
