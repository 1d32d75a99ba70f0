import { inject } from 'vitest';
import { Config } from '../../src/config/config.js';
import { dataSourceOptions, openDataSource } from '../../src/storage/data-source.js';
import { LogWitness } from '../../src/storage/log-witness.js';
import { copyOf, execute, type TestDatabase, urlOf, withClient } from './postgres.js';

const TEMPLATE = 'migrated';

let template: Promise<void> | undefined;

/** A database of its own on the Postgres of this test run with the schema as a first start leaves it, in a fraction of the time. */
export async function migratedDatabase(): Promise<TestDatabase> {
  template ??= makeTemplate();
  await template;
  const database = await copyOf(TEMPLATE);
  // A copy knows that it is one, and would call itself another log than the one its clients knew.
  await execute(
    database.url,
    `UPDATE waybill.log SET generation = '1' || substr(md5(gen_random_uuid()::text), 1, 7), identity = waybill.server_identity()`,
  );
  return database;
}

/** Once for a run, whichever of its processes needs it first: the others wait. Nobody may connect to it, so that it can be copied. */
async function makeTemplate(): Promise<void> {
  await withClient(inject('postgresUrl'), async (client) => {
    await client.query('SELECT pg_advisory_lock(1)');
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1 AND NOT datallowconn', [TEMPLATE]);
    if (rowCount === 1) return;
    // What a process left that ended while it made it.
    await client.query(`DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${TEMPLATE} TEMPLATE template0`);
    await migrateAt(urlOf(TEMPLATE));
    await client.query(`ALTER DATABASE ${TEMPLATE} ALLOW_CONNECTIONS false`);
  });
}

async function migrateAt(url: string): Promise<void> {
  const config = Config.from({});
  const dataSource = await openDataSource(dataSourceOptions(url, config.storage, new LogWitness(config), () => undefined));
  await dataSource.destroy();
}
