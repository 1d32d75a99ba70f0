import { DataSource } from 'typeorm';
import { Config } from '../../src/config/config.js';
import { Database } from '../../src/storage/database.js';
import { DatabaseHealth } from '../../src/storage/database-health.js';
import { dataSourceOptions, openDataSource } from '../../src/storage/data-source.js';
import { LogWitness } from '../../src/storage/log-witness.js';
import { PostgresMessageLog } from '../../src/storage/postgres-message-log.js';
import { RecordingTelemetry } from '../../src/telemetry/recording-telemetry.js';

export interface OpenLog {
  readonly log: PostgresMessageLog;
  readonly database: Database;
  readonly dataSource: DataSource;
  readonly health: DatabaseHealth;
  readonly telemetry: RecordingTelemetry;
  close(): Promise<void>;
}

/** A busy machine may need longer than the two seconds of the program; who tests the deadline sets it. */
export const PATIENT_STATEMENTS = { WAYBILL_DB_STATEMENT_TIMEOUT_MS: '60000' } as const;

/** The log of one node on a database, wired as the storage module wires it. */
export async function openMessageLog(url: string, config: Config = Config.from(PATIENT_STATEMENTS)): Promise<OpenLog> {
  const dataSource = await openDataSource(dataSourceOptions(url, config.storage, new LogWitness(config), () => undefined));
  const health = new DatabaseHealth();
  const telemetry = new RecordingTelemetry();
  const database = new Database(dataSource, telemetry, health, config);
  const close = async (): Promise<void> => {
    database.stop();
    await dataSource.destroy();
  };
  return { log: new PostgresMessageLog(database, config), database, dataSource, health, telemetry, close };
}
