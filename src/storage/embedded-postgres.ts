import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import pg from 'pg';
import { Cluster, serverEnvironment, SUPERUSER } from './cluster.js';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.js';
import { findPostmaster, isPostmaster, type Postmaster, stopPostmaster } from './postmaster.js';
import { type ServerAccount, serverAccount } from './server-account.js';
import { takeOwnership } from './server-ownership.js';
import { StorageStartError } from './start-error.js';

const HOST = '127.0.0.1';
/** Role and database of the gateway; the superuser serves only to make them. */
const NAME = 'waybill';
const START_DEADLINE_MS = 120_000;
const POLL_MS = 25;
const WATCH_MS = 250;
const RESTART_PAUSE_MS = 200;
const FAST_STOP_MS = 20_000;
const IMMEDIATE_STOP_MS = 5_000;
const LOG_BYTES = 4 * 1024 * 1024;
const PORT_ATTEMPTS = 5;
/** PostgreSQL, appendix A. */
const INVALID_PASSWORD = '28P01';

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: HOST,
  // No socket file: its path has a length limit that a data directory may exceed.
  unix_socket_directories: '',
  cluster_name: NAME,
  password_encryption: 'scram-sha-256',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  shared_buffers: '128MB',
  max_connections: '100',
  max_wal_size: '1GB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  jit: 'off',
};

type PortInUse = 'port-in-use';

/**
 * A real Postgres of this program's own, in its data directory. It listens on 127.0.0.1 only, on a port chosen at each start, and
 * asks for a password. It is a process in its own session: a Ctrl-C or a `kill -9` of this program does not reach it, so work under
 * way is drained into it, and the next start adopts it. While this program runs it is started again should it end.
 */
export class EmbeddedPostgres {
  private readonly cluster: Cluster;
  private binaries: PostgresBinaries | undefined;
  private account: ServerAccount | undefined;
  private server: Postmaster | undefined;
  private ownership: pg.Client | undefined;
  private watch: NodeJS.Timeout | undefined;
  private readonly stopAtExit = (): void => this.signalAtExit();

  constructor(
    dataDir: string,
    private readonly logger: Pick<Logger, 'log' | 'warn' | 'error'>,
  ) {
    this.cluster = new Cluster(dataDir);
  }

  /** Process id of the server while it runs. */
  get pid(): number | undefined {
    return this.server?.pid;
  }

  /** Starts or adopts the server; answers the URL of the gateway's database. Throws `StorageStartError`. */
  async start(): Promise<string> {
    this.binaries = postgresBinaries();
    this.account = serverAccount(this.cluster.exists ? this.cluster.owner : undefined, [this.cluster.directory, this.binaries.postgres]);
    await this.cluster.create(this.binaries, this.account);
    this.server = await this.startOrAdopt();
    process.once('exit', this.stopAtExit);
    try {
      this.ownership = await takeOwnership(this.url(SUPERUSER, 'postgres'), this.cluster.directory);
    } catch (error) {
      // It belongs to somebody else.
      this.forget();
      throw error;
    }
    await this.createDatabase();
    this.watch = setInterval(() => this.check(), WATCH_MS);
    this.watch.unref();
    return this.url(NAME, NAME);
  }

  /** Stops the server in order: open transactions are rolled back, everything committed is on disk. Does nothing when it is not running. */
  async stop(): Promise<void> {
    const server = this.server;
    const ownership = this.ownership;
    this.forget();
    await ownership?.end().catch(() => undefined);
    if (server === undefined) return;
    if (await stopPostmaster(server.pid, this.cluster.directory, 'SIGINT', FAST_STOP_MS)) return;
    this.logger.warn('Postgres does not stop; it is told to end at once and will recover at the next start.');
    await stopPostmaster(server.pid, this.cluster.directory, 'SIGQUIT', IMMEDIATE_STOP_MS);
  }

  private forget(): void {
    clearInterval(this.watch);
    process.off('exit', this.stopAtExit);
    this.watch = undefined;
    this.server = undefined;
    this.ownership = undefined;
  }

  private async startOrAdopt(): Promise<Postmaster> {
    const deadline = performance.now() + START_DEADLINE_MS;
    for (let attempt = 1; ; attempt += 1) {
      const running = findPostmaster(this.cluster.directory);
      const started = running === undefined ? await this.launch(await freePort(), deadline) : await this.adopt(running, deadline);
      if (started === 'port-in-use' && attempt >= PORT_ATTEMPTS)
        throw new StorageStartError('No free TCP port was found on 127.0.0.1 for the embedded database. Set DATABASE_URL, or free ports.');
      if (started !== undefined && started !== 'port-in-use') return started;
      if (performance.now() > deadline)
        throw new StorageStartError(`The embedded database did not start; the end of ${this.cluster.logFile} says why.`);
      await delay(POLL_MS);
    }
  }

  /** Undefined when it ended before it could be used: it was on its way down. */
  private async adopt(running: Postmaster, deadline: number): Promise<Postmaster | undefined> {
    while (isPostmaster(running.pid, this.cluster.directory)) {
      // A server that is just starting has not written its port yet.
      const server = findPostmaster(this.cluster.directory) ?? running;
      if (await this.answers(server.port)) {
        this.logger.log(`Adopted the embedded Postgres (process ${server.pid}, port ${server.port}) that was left running.`);
        return server;
      }
      if (performance.now() > deadline) {
        throw new StorageStartError(
          `The Postgres of ${this.cluster.directory} (process ${running.pid}) runs but does not answer. Stop it with kill -INT ${running.pid} and start again.`,
        );
      }
      await delay(POLL_MS);
    }
    return undefined;
  }

  private async launch(port: number, deadline: number): Promise<Postmaster | PortInUse | undefined> {
    const logFrom = this.trimLog();
    const child = this.spawnServer(port);
    let ended = false;
    child.once('exit', () => (ended = true));
    child.once('error', (error) => {
      ended = true;
      this.logger.error(`Postgres cannot be executed: ${error.message}`);
    });
    while (!ended) {
      if (child.pid !== undefined && (await this.answers(port)) && isPostmaster(child.pid, this.cluster.directory)) {
        this.logger.log(`Started the embedded Postgres (process ${child.pid}, port ${port}).`);
        return { pid: child.pid, port };
      }
      if (performance.now() > deadline) break;
      await delay(POLL_MS);
    }
    return this.launchProblem(readFileSync(this.cluster.logFile, 'utf8').slice(logFrom));
  }

  private launchProblem(log: string): PortInUse | undefined {
    if (log.includes('could not bind')) return 'port-in-use';
    // Another start was faster, or processes of a killed server are still ending: both pass.
    // Two servers write to one log, so that the first line of what is said may stand before the part that is looked at.
    if (/lock file .* already exists|remnant of a previous server startup crash|pre-existing shared memory block/.test(log))
      return undefined;
    const lines = log.trim().split('\n').slice(-5).join(' ');
    throw new StorageStartError(
      `The embedded Postgres ended at its start: ${lines || 'it could not be executed'}. Mend what it names (${this.cluster.logFile}), or set DATABASE_URL.`,
    );
  }

  private spawnServer(port: number): ChildProcess {
    const { binaries, account } = this;
    if (binaries === undefined || account === undefined) throw new Error('not started');
    const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const { file, parameters, options } = account.command(binaries.postgres, ['-D', this.cluster.directory, ...settings]);
    // A file, not a pipe: the server outlives this process and must still be able to write.
    const log = openSync(this.cluster.logFile, 'a', 0o600);
    try {
      const child = spawn(file, parameters, {
        ...options,
        cwd: '/',
        env: serverEnvironment(),
        detached: true,
        stdio: ['ignore', log, log],
      });
      child.unref();
      return child;
    } finally {
      closeSync(log);
    }
  }

  /** Keeps one older log beside a new one; answers where in the log the next start begins. */
  private trimLog(): number {
    const size = statSync(this.cluster.logFile, { throwIfNoEntry: false })?.size ?? 0;
    if (size < LOG_BYTES) return size;
    renameSync(this.cluster.logFile, `${this.cluster.logFile}.1`);
    return 0;
  }

  private async answers(port: number): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.urlAt(port, SUPERUSER, 'postgres'), connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === INVALID_PASSWORD || (error as Error).message.startsWith('SASL')) {
        throw new StorageStartError(
          `The embedded database refuses the password in its data directory beside ${this.cluster.directory}. Restore postgres-password, or remove ${this.cluster.directory} to start with an empty one.`,
        );
      }
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  private async createDatabase(): Promise<void> {
    const client = this.ownership;
    if (client === undefined) return;
    const role = await client.query('select from pg_roles where rolname = $1', [NAME]);
    // The password is hexadecimal.
    if (role.rowCount === 0) await client.query(`create role ${NAME} login password '${this.cluster.password()}'`);
    const database = await client.query('select from pg_database where datname = $1', [NAME]);
    if (database.rowCount === 0) await client.query(`create database ${NAME} owner ${NAME}`);
  }

  private check(): void {
    const server = this.server;
    if (server === undefined || isPostmaster(server.pid, this.cluster.directory)) return;
    clearInterval(this.watch);
    this.logger.error(`The embedded Postgres (process ${server.pid}) ended unexpectedly; starting it again.`);
    void this.revive(server.port);
  }

  private async revive(port: number): Promise<void> {
    while (this.server !== undefined) {
      try {
        if (await this.startAgain(port)) return;
      } catch (error) {
        this.logger.error((error as Error).message);
      }
      await delay(RESTART_PAUSE_MS, undefined, { ref: false });
    }
  }

  /** On the same port, which the pool knows. Answers whether it runs, or is no longer wanted. */
  private async startAgain(port: number): Promise<boolean> {
    const running = findPostmaster(this.cluster.directory);
    if (running !== undefined && running.port !== port) {
      throw new StorageStartError(
        `Another program started Postgres (process ${running.pid}) on ${this.cluster.directory}. Stop that one; this one waits for its database.`,
      );
    }
    const server = running ?? (await this.launch(port, performance.now() + START_DEADLINE_MS));
    if (server === undefined || server === 'port-in-use') return false;
    if (this.server === undefined) return stopPostmaster(server.pid, this.cluster.directory, 'SIGINT', FAST_STOP_MS);
    this.server = server;
    this.ownership = await takeOwnership(this.url(SUPERUSER, 'postgres'), this.cluster.directory);
    this.watch = setInterval(() => this.check(), WATCH_MS);
    this.watch.unref();
    return true;
  }

  /** A process that ends without `stop` cannot wait, but can still ask. */
  private signalAtExit(): void {
    if (this.server !== undefined && isPostmaster(this.server.pid, this.cluster.directory)) process.kill(this.server.pid, 'SIGINT');
  }

  private url(user: string, database: string): string {
    return this.urlAt(this.server?.port ?? 0, user, database);
  }

  private urlAt(port: number, user: string, database: string): string {
    return `postgres://${user}:${this.cluster.password()}@${HOST}:${port}/${database}`;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}
