import pg from 'pg';
import { Config } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { runningEmbeddedUrl } from '../storage/running-embedded.js';
import { DatabaseUnreachable, UsageError } from './exit-codes.js';

const CONNECT_TIMEOUT_MS = 10_000;

/** No such schema or table. PostgreSQL, appendix A. */
const NO_LOG = new Set(['3F000', '42P01', '42883']);

/** The database that holds the log, for commands that work on it without a gateway. */
export class LogDatabase {
  private constructor(
    private readonly client: pg.Client,
    /** Host, port and database; never the password. */
    readonly place: string,
  ) {}

  /** Connects to DATABASE_URL, else to the embedded server that runs in the data directory; ends the connection after `work`. */
  static async with<T>(dataDir: string, work: (database: LogDatabase) => Promise<T>): Promise<T> {
    const url = configuredUrl() ?? runningEmbeddedUrl(dataDir);
    if (url === undefined) {
      throw new DatabaseUnreachable(
        `No database: set DATABASE_URL, or start the gateway whose embedded database it is (none runs in ${dataDir}; --data-dir names another directory).`,
      );
    }
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, application_name: 'waybill log' });
    client.on('error', () => undefined);
    const { host, pathname } = new URL(url);
    try {
      await client.connect();
    } catch (error) {
      throw new DatabaseUnreachable(
        `No connection to Postgres at ${host}${pathname} (${(error as Error).message}). Start it, or correct DATABASE_URL.`,
      );
    }
    try {
      return await work(new LogDatabase(client, `${host}${pathname}`));
    } finally {
      await client.end();
    }
  }

  async query<T extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<readonly T[]> {
    try {
      return (await this.client.query<T>(text, [...values])).rows;
    } catch (error) {
      if (error instanceof pg.DatabaseError && NO_LOG.has(error.code ?? ''))
        throw new UsageError(`There is no log in ${this.place} (${error.message}). Start a gateway on it once, or correct DATABASE_URL.`);
      throw error;
    }
  }
}

function configuredUrl(): string | undefined {
  try {
    return Config.load().storage.databaseUrl;
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(`The settings here are wrong: ${error.problems.join(' ')}`);
    throw error;
  }
}
