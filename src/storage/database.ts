import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { Config } from '../config/config.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { ConnectionPool, PoolExhausted } from './connection-pool.js';
import { answerOf } from './database-answer.js';
import { CLIENT_MARGIN_MS } from './data-source.js';
import { DatabaseHealth } from './database-health.js';
import { probe } from './database-probe.js';
import { QueryFailure } from './query-failure.js';
import type { Row, Send, Statement } from './statement.js';
import { TransactionCall } from './transaction-call.js';

export type { Row, Send, Statement } from './statement.js';

/** Without other calls the database is asked this often whether it is there. */
const IDLE_PROBE_MS = 2_000;

/** A server that does not answer a farewell is not waited for. */
const LONGEST_FAREWELL_MS = 1_000;

/** The transaction is read-only: what was the primary became a standby. PostgreSQL, appendix A. */
const READ_ONLY = '25006';
const TOO_MANY_CONNECTIONS = '53300';

/**
 * Plain SQL on the data source's own pool, timed and watched. Rows are arrays of columns. Every call ends in time: the wait for a
 * connection and the statement share one deadline, and while the database is away calls are refused at once.
 */
@Injectable()
export class Database implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Opens when Postgres cannot be reached or does not answer; a probe closes it. */
  readonly circuit: CircuitBreaker;
  private readonly logger = new Logger('Database');
  private readonly pool: ConnectionPool;
  private readonly statementMs: number;
  private readonly listeners: (() => void)[] = [];
  private idleProbe: NodeJS.Timeout | undefined;

  constructor(
    dataSource: DataSource,
    private readonly telemetry: Telemetry,
    private readonly health: DatabaseHealth,
    private readonly config: Config,
  ) {
    this.statementMs = config.storage.statementTimeoutMs;
    this.circuit = new CircuitBreaker({
      probeIntervalMs: config.storage.probeIntervalMs,
      probe: () => probe(this.pool, this.statementMs),
      onOpen: (problem) => this.opened(problem),
      onClose: () => this.closed(),
    });
    this.pool = new ConnectionPool(
      poolOf(dataSource),
      (milliseconds) => telemetry.databasePoolWait(milliseconds),
      () => this.suspect(),
    );
    health.watch({ pool: () => this.pool.statistics, circuit: () => this.circuit.state, problem: () => this.circuit.problem });
  }

  /** Ready means: as many connections as are kept are open. A database that is away by now does not stop the start. */
  async onApplicationBootstrap(): Promise<void> {
    await this.warmUp();
    this.idleProbe = setInterval(() => this.watchIdle(), IDLE_PROBE_MS);
    this.idleProbe.unref();
  }

  onApplicationShutdown(): void {
    this.stop();
  }

  /** Begins no more probes. */
  stop(): void {
    clearInterval(this.idleProbe);
    this.circuit.stop();
  }

  /** Resolves when the connections of the ended pool are gone. */
  connectionsClosed(): Promise<void> {
    return this.pool.closed(LONGEST_FAREWELL_MS);
  }

  /** Opens the connections that the pool keeps. */
  async warmUp(): Promise<void> {
    try {
      await this.pool.warmUp(this.config.storage.poolMin, performance.now() + this.config.storage.connectTimeoutMs);
      this.health.succeeded();
    } catch (error) {
      this.judge(error as QueryFailure);
    }
  }

  /** Calls work whenever the circuit has opened or closed. */
  onCircuitChange(work: () => void): void {
    this.listeners.push(work);
  }

  /** Runs one statement as its own transaction. `operation` names it in metrics. Rejects with `QueryFailure`. */
  async query(operation: string, statement: Statement): Promise<readonly Row[]> {
    if (this.circuit.state !== 'closed') throw this.refusal();
    const startedAt = performance.now();
    try {
      return await this.run(statement, startedAt + this.statementMs + CLIENT_MARGIN_MS);
    } finally {
      this.telemetry.databaseOperation(operation, performance.now() - startedAt);
    }
  }

  /**
   * Runs what `work` sends as one transaction; each statement has a deadline of its own. Rejects with `QueryFailure`; nothing of it is
   * stored then, except that `lost` may mean all of it. Works over a pooler, too.
   */
  async transaction<T>(operation: string, work: (send: Send) => Promise<T>): Promise<T> {
    if (this.circuit.state !== 'closed') throw this.refusal();
    const startedAt = performance.now();
    try {
      const client = await this.acquire(startedAt + this.statementMs + CLIENT_MARGIN_MS);
      return await this.transact(client, work);
    } finally {
      this.telemetry.databaseOperation(operation, performance.now() - startedAt);
    }
  }

  private async transact<T>(client: pg.PoolClient, work: (send: Send) => Promise<T>): Promise<T> {
    const call = new TransactionCall(client, this.statementMs + CLIENT_MARGIN_MS);
    try {
      await call.send({ text: 'begin' });
      const result = await work(call.send);
      await call.send({ text: 'commit' });
      this.pool.release(client, true);
      this.health.succeeded();
      return result;
    } catch (error) {
      const { failure, waitedMs } = call;
      const isOver = failure?.kind !== 'lost' && failure?.sqlState !== READ_ONLY && (await call.isRolledBack());
      this.pool.release(client, isOver);
      // What `work` itself throws says nothing of the database.
      if (failure === undefined) throw error;
      this.judge(failure, waitedMs);
      throw failure;
    }
  }

  private async run(statement: Statement, deadline: number): Promise<readonly Row[]> {
    const client = await this.acquire(deadline);
    const sentAt = performance.now();
    try {
      const rows = await answerOf(client, statement, deadline - sentAt);
      this.pool.release(client, true);
      this.health.succeeded();
      return rows;
    } catch (error) {
      const failure = QueryFailure.sent(error);
      // A connection whose call did not end properly may still deliver its answer to the next call.
      this.pool.release(client, failure.kind === 'rejected' && failure.sqlState !== READ_ONLY);
      this.judge(failure, performance.now() - sentAt);
      throw failure;
    }
  }

  private async acquire(deadline: number): Promise<pg.PoolClient> {
    try {
      return await this.pool.acquire(deadline);
    } catch (error) {
      const failure = error as QueryFailure;
      this.judge(failure);
      throw failure;
    }
  }

  /**
   * What a failure says of the database. One that refuses connections, or leaves a statement without an answer for longer than the
   * server lets statements run, is away. A connection that broke is only a question: perhaps somebody ended that one session.
   */
  private judge(failure: QueryFailure, waitedMs = 0): void {
    const { kind, sqlState, message } = failure;
    if (kind === 'unreachable') {
      if (!this.isPoolTooSmall(failure)) this.circuit.open(message);
    } else if (kind === 'lost') {
      if (waitedMs >= this.statementMs) this.circuit.open(`no answer for ${Math.round(waitedMs)} ms`);
      else this.suspect();
    } else if (sqlState === READ_ONLY) {
      this.pool.renew();
      this.suspect();
    } else this.health.succeeded();
  }

  /** Where no connection is to be had for a probe, the calls that have them all will tell. */
  private suspect(): void {
    const { total, idle } = this.pool.statistics;
    if (idle > 0 || total < this.config.storage.poolSize) void this.circuit.suspect();
  }

  /** Some connections are had, only not another one. */
  private isPoolTooSmall({ cause, sqlState }: QueryFailure): boolean {
    return cause instanceof PoolExhausted || (sqlState === TOO_MANY_CONNECTIONS && this.pool.statistics.total > 0);
  }

  private refusal(): QueryFailure {
    return QueryFailure.connecting(new Error(`the database is away, so it was not asked: ${this.circuit.problem ?? 'no reason known'}`));
  }

  private opened(problem: string): void {
    this.logger.error(
      `The database is away: ${problem}. Calls are refused at once; it is asked every ${this.config.storage.probeIntervalMs} ms.`,
    );
    // What is open may be dead without knowing it.
    this.pool.renew();
    this.pool.refuseWaiting(this.refusal());
    for (const work of this.listeners) work();
  }

  private closed(): void {
    this.logger.log('The database answers again.');
    this.health.succeeded();
    for (const work of this.listeners) work();
  }

  private watchIdle(): void {
    const age = this.health.lastSuccessAgeMs;
    if (age !== undefined && age < IDLE_PROBE_MS) return;
    void this.query('probe', { text: 'select 1' }).catch(() => undefined);
  }
}

/** TypeORM types its pool as anything; the driver of a `postgres` data source holds one of `pg`. */
function poolOf(dataSource: DataSource): pg.Pool {
  const driver = dataSource.driver as unknown as { readonly master: pg.Pool };
  return driver.master;
}
