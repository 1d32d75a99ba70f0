import { Module } from '@nestjs/common';
import { DatabaseHealth } from './database-health.js';
import { DatabaseServer } from './database-server.js';
import { LogWitness } from './log-witness.js';

/** What must be there before the data source. */
@Module({ providers: [DatabaseServer, DatabaseHealth, LogWitness], exports: [DatabaseServer, DatabaseHealth, LogWitness] })
export class DatabaseServerModule {}
