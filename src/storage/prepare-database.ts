import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { judgeBudget, readBudget } from './connection-budget.js';
import { requireTlsFiles, tlsRemedy } from './database-tls.js';
import { StorageStartError } from './start-error.js';

/** Everything of ours stands in this schema, so that a shared database stays tidy. */
export const SCHEMA_NAME = 'waybill';

const OLDEST_VERSION = 15;
/** "wayb", as an advisory lock: whoever holds it may change the schema. */
const MIGRATION_LOCK = 0x77617962;
/** How long a start waits for a database that does not answer yet: both are often started by the same command. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 500;
/** Longest wait for another node that is migrating. */
const LOCK_TIMEOUT_MS = 300_000;

/** The server is starting or stopping, or has no connection left. PostgreSQL, appendix A. */
const NOT_NOW = new Set(['57P03', '53300']);

const REMEDIES: Readonly<Record<string, string>> = {
  '28P01': 'it refuses this user and password; correct DATABASE_URL',
  '28000': 'it refuses this user (see pg_hba.conf of the server); correct DATABASE_URL or let the user in',
  '3D000': 'it has no such database; create it or correct DATABASE_URL',
};

/** The migration lock, held. */
export interface PreparedDatabase {
  release(): Promise<void>;
}

/**
 * Connects, checks that the server can carry the log and has the connections for it, creates the schema, and holds the migration lock
 * until it is released. Throws `StorageStartError`.
 *
 * The lock belongs to a transaction, which a pooler in transaction mode leaves on one server connection; one of a session would be
 * taken on any, and let go on another.
 */
export async function prepareDatabase(url: string, connectTimeoutMs: number, poolSize = 0): Promise<PreparedDatabase> {
  const holder = await connect(url, connectTimeoutMs);
  try {
    await checkServer(holder);
    if (poolSize > 0) await checkBudget(holder, poolSize);
    await lock(holder);
    await createSchema(url, connectTimeoutMs);
    return { release: () => unlock(holder) };
  } catch (error) {
    await holder.end();
    throw error;
  }
}

/** The transaction stands idle while others migrate; no deadline of the role or the database may end it meanwhile. */
async function lock(holder: pg.Client): Promise<void> {
  await holder.query('begin');
  await holder.query('set local idle_in_transaction_session_timeout = 0');
  await holder.query('set local statement_timeout = 0');
  await holder.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await holder.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
}

async function unlock(holder: pg.Client): Promise<void> {
  await holder.query('rollback').catch(() => undefined);
  await holder.end();
}

async function checkBudget(client: pg.Client, poolSize: number): Promise<void> {
  const finding = judgeBudget(await readBudget(client), poolSize);
  if (finding?.fits === false) throw new StorageStartError(finding.sentence);
  if (finding !== undefined) new Logger('Database').warn(finding.sentence);
}

async function connect(url: string, connectTimeoutMs: number): Promise<pg.Client> {
  requireTlsFiles(url);
  const deadline = performance.now() + PATIENCE_MS;
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      application_name: 'waybill migrations',
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (!mayPass(error) || performance.now() > deadline) throw new StorageStartError(sentence(url, error));
      if (attempt === 1)
        new Logger('Database').warn(
          `${place(url)} does not answer yet (${(error as Error).message}); waiting up to ${PATIENCE_MS / 1_000} s.`,
        );
      await delay(PAUSE_MS);
    }
  }
}

function mayPass(error: unknown): boolean {
  if (tlsRemedy(error) !== undefined) return false;
  return error instanceof pg.DatabaseError ? NOT_NOW.has(error.code ?? '') : (error as NodeJS.ErrnoException).code !== 'ENOTFOUND';
}

async function checkServer(client: pg.Client): Promise<void> {
  const result = await client.query<ServerFacts>(
    `select current_setting('server_version') as version, current_setting('server_encoding') as encoding, pg_is_in_recovery() as standby`,
  );
  const problem = result.rows[0] === undefined ? 'the server does not answer as a Postgres does' : serverProblem(result.rows[0]);
  if (problem !== undefined) throw new StorageStartError(`DATABASE_URL: ${problem}`);
}

export interface ServerFacts {
  readonly version: string;
  readonly encoding: string;
  readonly standby: boolean;
}

/** Why a server cannot carry the log, and what to do; undefined where it can. */
export function serverProblem({ version, encoding, standby }: ServerFacts): string | undefined {
  if (Number.parseInt(version, 10) < OLDEST_VERSION) {
    return `the server is Postgres ${version}; Waybill needs Postgres ${OLDEST_VERSION} or newer. Upgrade it or name another one.`;
  }
  if (encoding !== 'UTF8')
    return `the database has the encoding ${encoding}; create one with encoding UTF8 (createdb --encoding=UTF8 --template=template0).`;
  return standby ? 'the server is a read-only standby; name the primary.' : undefined;
}

/** On a connection of its own, as the lock's transaction must not hold the new schema back from those who migrate. */
async function createSchema(url: string, connectTimeoutMs: number): Promise<void> {
  const client = await connect(url, connectTimeoutMs);
  try {
    const existing = await client.query('select from pg_namespace where nspname = $1', [SCHEMA_NAME]);
    if (existing.rowCount === 0) await client.query(`create schema ${SCHEMA_NAME}`);
  } catch (error) {
    throw new StorageStartError(
      `DATABASE_URL: the schema "${SCHEMA_NAME}" cannot be created (${(error as Error).message}). Let an administrator run: create schema ${SCHEMA_NAME} authorization <the user of DATABASE_URL>.`,
    );
  } finally {
    await client.end();
  }
}

function sentence(url: string, error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  const remedy =
    tlsRemedy(error) ?? REMEDIES[code ?? ''] ?? 'start it, correct DATABASE_URL, or unset DATABASE_URL to run with an embedded Postgres';
  return `DATABASE_URL: no connection to Postgres at ${place(url)} (${message || String(code)}): ${remedy}.`;
}

/** Host, port and database; never the password. */
function place(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
