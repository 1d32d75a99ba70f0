import type pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Config } from '../config/config.js';
import type { LogWitness } from './log-witness.js';
import { migrate } from './migrate.js';
import { prepareDatabase, SCHEMA_NAME } from './prepare-database.js';
import { verifyConnection } from './verify-connection.js';

/** The client gives up this much later than the server, so that a server that is there has the say. */
export const CLIENT_MARGIN_MS = 300;

type PoolListener = (error: Error) => void;

/** Options of the TypeORM data source on `pg`: migrations instead of synchronisation, and a deadline on everything. */
export function dataSourceOptions(
  url: string,
  storage: Config['storage'],
  witness: LogWitness,
  onPoolError: PoolListener,
): DataSourceOptions {
  const queryTimeoutMs = storage.statementTimeoutMs + CLIENT_MARGIN_MS;
  return {
    type: 'postgres',
    url,
    schema: SCHEMA_NAME,
    applicationName: 'waybill',
    poolSize: storage.poolSize,
    connectTimeoutMS: storage.connectTimeoutMs,
    poolErrorHandler: onPoolError,
    migrationsRun: false,
    synchronize: false,
    installExtensions: false,
    extra: {
      // Sent with the start of a session. PgBouncer is told to ignore them (docs/database.md), so nothing else may be among them.
      statement_timeout: storage.statementTimeoutMs,
      idle_in_transaction_session_timeout: storage.statementTimeoutMs,
      query_timeout: queryTimeoutMs,
      min: storage.poolMin,
      idleTimeoutMillis: storage.idleTimeoutMs,
      maxLifetimeSeconds: storage.connectionLifetimeSeconds,
      keepAlive: true,
      onConnect: (client: pg.ClientBase) => verifyConnection(client, witness),
    },
  };
}

/** Connects and brings the schema up to date; nodes that start together wait for one another. Throws `StorageStartError`. */
export async function openDataSource(options: DataSourceOptions | undefined): Promise<DataSource> {
  if (options?.type !== 'postgres' || options.url === undefined) throw new Error('the data source is Postgres by URL');
  const prepared = await prepareDatabase(options.url, options.connectTimeoutMS ?? 0, options.poolSize);
  try {
    await migrate(options);
  } finally {
    await prepared.release();
  }
  const dataSource = new DataSource(options);
  try {
    return await dataSource.initialize();
  } catch (error) {
    if (dataSource.isInitialized) await dataSource.destroy();
    throw error;
  }
}
