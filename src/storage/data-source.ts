import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Config } from '../config/config.js';
import { MIGRATIONS } from './migrations/all.js';
import { prepareDatabase, SCHEMA_NAME } from './prepare-database.js';

/** The client gives up this much later than the server, so that a server that is there has the say. */
const CLIENT_MARGIN_MS = 1_000;
const IDLE_TIMEOUT_MS = 30_000;

type PoolListener = (error: Error) => void;

/** Options of the TypeORM data source on `pg`: migrations instead of synchronisation, and a deadline on everything. */
export function dataSourceOptions(url: string, storage: Config['storage'], onPoolError: PoolListener): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    schema: SCHEMA_NAME,
    applicationName: 'waybill',
    poolSize: storage.poolSize,
    connectTimeoutMS: storage.connectTimeoutMs,
    poolErrorHandler: onPoolError,
    migrations: [...MIGRATIONS],
    migrationsRun: false,
    synchronize: false,
    installExtensions: false,
    extra: {
      // The append looks for repeats under a snapshot that is newer than its locks.
      options: '-c default_transaction_isolation=read\\ committed',
      statement_timeout: storage.statementTimeoutMs,
      query_timeout: storage.statementTimeoutMs + CLIENT_MARGIN_MS,
      idle_in_transaction_session_timeout: storage.statementTimeoutMs,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      keepAlive: true,
    },
  };
}

/** Connects and brings the schema up to date; nodes that start together wait for one another. Throws `StorageStartError`. */
export async function openDataSource(options: DataSourceOptions | undefined): Promise<DataSource> {
  if (options?.type !== 'postgres' || options.url === undefined) throw new Error('the data source is Postgres by URL');
  const prepared = await prepareDatabase(options.url, options.connectTimeoutMS ?? 0);
  const dataSource = new DataSource(options);
  try {
    await dataSource.initialize();
    await dataSource.runMigrations({ transaction: 'each' });
    return dataSource;
  } catch (error) {
    if (dataSource.isInitialized) await dataSource.destroy();
    throw error;
  } finally {
    await prepared.end();
  }
}
