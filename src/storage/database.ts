import { Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { Telemetry } from '../telemetry/telemetry.js';
import { DatabaseHealth } from './database-health.js';
import { QueryFailure } from './query-failure.js';

/** Without other calls the database is asked this often whether it is there. */
const PROBE_INTERVAL_MS = 2_000;

export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
}

export type Row = readonly unknown[];

/** Plain SQL on the data source's own pool, timed and watched. Rows are arrays of columns. Rejects with `QueryFailure`. */
@Injectable()
export class Database implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Database');
  private readonly pool: pg.Pool;
  private probe: NodeJS.Timeout | undefined;

  constructor(
    dataSource: DataSource,
    private readonly telemetry: Telemetry,
    private readonly health: DatabaseHealth,
  ) {
    this.pool = poolOf(dataSource);
    health.watch(() => ({ total: this.pool.totalCount, idle: this.pool.idleCount, waiting: this.pool.waitingCount }));
  }

  onApplicationBootstrap(): void {
    this.health.succeeded();
    this.probe = setInterval(() => void this.ask(), PROBE_INTERVAL_MS);
    this.probe.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.probe);
  }

  /** Runs one statement as its own transaction. `operation` names it in metrics. */
  async query(operation: string, statement: Statement): Promise<readonly Row[]> {
    const startedAt = performance.now();
    try {
      return await this.run(statement);
    } finally {
      this.telemetry.databaseOperation(operation, performance.now() - startedAt);
    }
  }

  private async run(statement: Statement): Promise<readonly Row[]> {
    const client = await this.connect();
    // The pool listens to idle connections only; without this one an end in mid-call would end the process.
    client.on('error', ignore);
    try {
      const result = await client.query<unknown[]>({ text: statement.text, values: [...(statement.values ?? [])], rowMode: 'array' });
      client.off('error', ignore);
      client.release();
      this.succeeded();
      return result.rows;
    } catch (error) {
      const failure = QueryFailure.sent(error);
      // A connection whose call did not end properly may still deliver its answer to the next call.
      if (failure.kind === 'lost') client.release(true);
      else client.off('error', ignore).release();
      if (failure.kind === 'lost') this.failed(failure);
      else this.succeeded();
      throw failure;
    }
  }

  private async connect(): Promise<pg.PoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      const failure = QueryFailure.connecting(error);
      this.failed(failure);
      throw failure;
    }
  }

  private succeeded(): void {
    if (this.health.problem !== undefined) this.logger.log('The database answers again.');
    this.health.succeeded();
  }

  private failed(failure: QueryFailure): void {
    if (this.health.problem === undefined) this.logger.error(`The database is away: ${failure.message}`);
    this.health.failed(failure.message);
  }

  private async ask(): Promise<void> {
    const age = this.health.lastSuccessAgeMs;
    if (this.health.state === 'ok' && age !== undefined && age < PROBE_INTERVAL_MS) return;
    await this.query('probe', { text: 'select 1' }).catch(() => undefined);
  }
}

/** What ended a call is what the call rejects with. */
function ignore(): void {
  return;
}

/** TypeORM types its pool as anything; the driver of a `postgres` data source holds one of `pg`. */
function poolOf(dataSource: DataSource): pg.Pool {
  const driver = dataSource.driver as unknown as { readonly master: pg.Pool };
  return driver.master;
}
