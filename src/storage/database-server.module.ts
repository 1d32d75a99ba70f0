import { Module } from '@nestjs/common';
import { DatabaseHealth } from './database-health.js';
import { DatabaseServer } from './database-server.js';

/** What must be there before the data source. */
@Module({ providers: [DatabaseServer, DatabaseHealth], exports: [DatabaseServer, DatabaseHealth] })
export class DatabaseServerModule {}
