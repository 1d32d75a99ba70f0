import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Config } from '../config/config.js';
import { DatabaseHealth } from './database-health.js';
import { DatabaseServerModule } from './database-server.module.js';
import { DatabaseServer } from './database-server.js';
import { Database } from './database.js';
import { dataSourceOptions, openDataSource } from './data-source.js';
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
      inject: [Config, DatabaseServer, DatabaseHealth],
      useFactory: async (config: Config, server: DatabaseServer, health: DatabaseHealth) => {
        const url = await server.start();
        return {
          ...dataSourceOptions(url, config.storage, (error) => health.failed(error.message)),
          autoLoadEntities: true,
          // The start waits by itself, and says why.
          toRetry: () => false,
        };
      },
      dataSourceFactory: openDataSource,
    }),
  ],
  providers: [Database, PartitionKeeper, PostgresMessageLog, Trimmer],
  exports: [Database, PostgresMessageLog, DatabaseServerModule],
})
export class StorageModule implements OnApplicationShutdown {
  constructor(
    private readonly dataSource: DataSource,
    private readonly server: DatabaseServer,
  ) {}

  /** The pool first, then the server, whichever module's turn comes first. */
  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
    await this.server.stop();
  }
}
