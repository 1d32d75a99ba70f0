import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config } from '../config/config.js';
import { DatabaseServerModule } from './database-server.module.js';
import { DatabaseServer } from './database-server.js';
import { Database } from './database.js';
import { dataSourceOptions, openDataSource } from './data-source.js';
import { LedgerHealth } from './ledger/ledger-health.js';
import { LedgerTrimmer } from './ledger/ledger-trimmer.js';
import { Neighbours } from './ledger/neighbours.js';
import { PostgresErasure } from './ledger/postgres-erasure.js';
import { PostgresLedger } from './ledger/postgres-ledger.js';
import { LostReceipts } from './ledger/lost-receipts.js';
import { PostgresLedgerReader } from './ledger/postgres-ledger-reader.js';
import { Unrecorded } from './ledger/unrecorded.js';
import { LogWatch } from './log-watch.js';
import { LogWitness } from './log-witness.js';
import { HintKeeper } from './outbox/hint-keeper.js';
import { NamespaceTable } from './outbox/namespace-table.js';
import { PostgresHints } from './outbox/postgres-hints.js';
import { PartitionKeeper } from './partition-keeper.js';
import { PostgresMessageLog } from './postgres-message-log.js';
import { Trimmer } from './trimmer.js';

/** The data source, and what stands on it. */
@Global()
@Module({
  imports: [
    DatabaseServerModule,
    TypeOrmModule.forRootAsync({
      imports: [DatabaseServerModule],
      inject: [Config, DatabaseServer, LogWitness],
      useFactory: async (config: Config, server: DatabaseServer, witness: LogWitness) => {
        const url = await server.start();
        return {
          // `Database` listens to the pool itself.
          ...dataSourceOptions(url, config.storage, witness, () => undefined),
          autoLoadEntities: true,
          // The start waits by itself, and says why.
          toRetry: () => false,
        };
      },
      dataSourceFactory: openDataSource,
    }),
  ],
  providers: [
    Database,
    HintKeeper,
    LedgerHealth,
    LedgerTrimmer,
    LogWatch,
    LostReceipts,
    NamespaceTable,
    Neighbours,
    PartitionKeeper,
    PostgresHints,
    PostgresErasure,
    PostgresLedger,
    PostgresLedgerReader,
    PostgresMessageLog,
    Trimmer,
    { provide: Unrecorded, useExisting: PostgresLedger },
  ],
  exports: [
    Database,
    LedgerHealth,
    PostgresHints,
    PostgresErasure,
    PostgresLedger,
    PostgresLedgerReader,
    PostgresMessageLog,
    DatabaseServerModule,
  ],
})
export class StorageModule implements OnApplicationShutdown {
  constructor(
    private readonly dataSource: DataSource,
    private readonly database: Database,
    private readonly server: DatabaseServer,
  ) {}

  /** The pool first, then the server, whichever module's turn comes first. */
  async onApplicationShutdown(): Promise<void> {
    this.database.stop();
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
    await this.database.connectionsClosed();
    await this.server.stop();
  }
}
