import { DataSource, type DataSourceOptions, type EntitySubscriberInterface, EventSubscriber, type TransactionStartEvent } from 'typeorm';
import { MIGRATIONS } from './migrations/all.js';

/** The one connection that migrates, and one for the driver's own questions. */
const POOL_SIZE = 2;

/** A change of the schema takes as long as it takes, whatever deadline the role, the database or a pooler gives its statements. */
@EventSubscriber()
class WithoutDeadline implements EntitySubscriberInterface {
  async afterTransactionStart({ queryRunner }: TransactionStartEvent): Promise<void> {
    await queryRunner.query('set local statement_timeout = 0');
    await queryRunner.query('set local idle_in_transaction_session_timeout = 0');
  }
}

/** Runs what is missing of the migrations, each in a transaction, over connections of its own that have no deadline. */
export async function migrate(options: Extract<DataSourceOptions, { type: 'postgres' }>): Promise<void> {
  const dataSource = new DataSource({
    ...options,
    entities: [],
    subscribers: [WithoutDeadline],
    migrations: [...MIGRATIONS],
    poolSize: POOL_SIZE,
    applicationName: 'waybill migrations',
    extra: { keepAlive: true },
  });
  try {
    await dataSource.initialize();
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}
