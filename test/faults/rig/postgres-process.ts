import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type PostgresBinaries, postgresBinaries } from '../../../src/storage/postgres-binaries.js';
import { type ServerAccount, serverAccount } from '../../../src/storage/server-account.js';
import { freePort } from '../../support/ports.js';
import { guardian, killTree, tree } from './guardian.js';
import { isRunning, signal } from './processes.js';

const USER = 'waybill';
const START_MS = 60_000;
const STOP_MS = 20_000;
const POLL_MS = 20;

export interface PostgresOptions {
  /** Default: the embedded ones, on a copy of one new data directory: those servers have one identity, and others one each. */
  readonly binaries?: PostgresBinaries;
  /** Settings beside those of every test server, as `name=value`. */
  readonly settings?: readonly string[];
  /** An existing data directory, for example a base backup; default: a new one is made. */
  readonly directory?: string;
  /** Where the new data directory is made; default: a directory of its own, removed at the end. */
  readonly parent?: string;
}

/** A data directory as `initdb` leaves it. */
let newDirectory: Promise<string> | undefined;

/** A real Postgres of a test, with everything switched on that makes it durable, that can be killed, stopped and started again. */
export class PostgresProcess {
  /** The role that owns everything. */
  readonly user = USER;
  private child: ChildProcess | undefined;
  private output = '';

  private constructor(
    readonly binaries: PostgresBinaries,
    readonly account: ServerAccount,
    readonly directory: string,
    readonly port: number,
    readonly settings: readonly string[],
    private readonly ownParent: string | undefined,
  ) {}

  static async start(options: PostgresOptions = {}): Promise<PostgresProcess> {
    const server = await PostgresProcess.prepare(options);
    try {
      await server.start();
    } catch (error) {
      server.remove();
      throw error;
    }
    return server;
  }

  private static async makeNewDirectory(binaries: PostgresBinaries, account: ServerAccount): Promise<string> {
    const parent = guardian.makeDirectory('new-postgres');
    chmodSync(parent, 0o711);
    const server = new PostgresProcess(binaries, account, join(parent, 'data'), 0, [], parent);
    await server.initialise();
    return server.directory;
  }

  /** Made, but not started. */
  static async prepare(options: PostgresOptions = {}): Promise<PostgresProcess> {
    const binaries = options.binaries ?? postgresBinaries();
    const ownParent = options.directory === undefined && options.parent === undefined ? guardian.makeDirectory('postgres') : undefined;
    if (ownParent !== undefined) chmodSync(ownParent, 0o711);
    const directory = options.directory ?? join(options.parent ?? (ownParent as string), 'data');
    const account = serverAccount(undefined, [binaries.postgres, directory]);
    const server = new PostgresProcess(binaries, account, directory, await freePort(), options.settings ?? [], ownParent);
    if (options.directory !== undefined) return server;
    if (options.binaries === undefined) await server.copyNew();
    else await server.initialise();
    return server;
  }

  /** URL of a database; the server takes everybody of this machine at his word. */
  url(database = 'postgres'): string {
    return `postgres://${USER}@127.0.0.1:${this.port}/${database}`;
  }

  get pid(): number {
    const pid = this.child?.pid;
    if (pid === undefined) throw new Error('the test’s Postgres does not run');
    return pid;
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Starts it on its data and port, after a crash with recovery; resolves when it answers. */
  async start(): Promise<void> {
    const deadline = Date.now() + START_MS;
    // After a kill, the old server's memory may take a moment to be let go.
    while (!(await this.launch(deadline))) {
      if (Date.now() > deadline) throw new Error(`the test’s Postgres did not start: ${this.output.slice(-2_000)}`);
      await delay(200);
    }
  }

  /** As a power cut of the machine: nothing of it goes on for a moment longer. */
  async kill9(): Promise<void> {
    const { child } = this;
    if (child === undefined || !this.isRunning) return;
    const ended = once(child, 'exit');
    const processes = tree(this.pid);
    killTree(this.pid);
    await ended;
    while (processes.some(isRunning)) await delay(5);
  }

  /** Everything stands still, as a machine that swaps or a frozen virtual one. */
  freeze(): void {
    for (const pid of tree(this.pid)) signal(pid, 'SIGSTOP');
    for (const pid of tree(this.pid)) signal(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of [...tree(this.pid)].reverse()) signal(pid, 'SIGCONT');
  }

  /** Fast shutdown. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child === undefined || !this.isRunning) return;
    this.thaw();
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    const late = setTimeout(() => void this.kill9(), STOP_MS);
    await ended;
    clearTimeout(late);
  }

  /** Ends it and removes its data. */
  async dispose(): Promise<void> {
    await this.kill9();
    this.remove();
  }

  /** Runs one statement in a session of its own. */
  async query<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = [], database?: string): Promise<Row[]> {
    const client = await this.connect(database);
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async connect(database?: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url(database), connectionTimeoutMillis: 10_000 });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Runs a program of the server's own, as its user; answers what it printed. Throws with its errors where it fails. */
  async run(program: string, parameters: readonly string[]): Promise<string> {
    const { file, parameters: all, options } = this.account.command(program, parameters);
    const child = spawn(file, all, { ...options, cwd: '/', env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    let errors = '';
    child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${program} ended with ${String(code)}: ${errors.slice(-2_000)}`);
    return printed;
  }

  private remove(): void {
    if (this.ownParent !== undefined) guardian.removeDirectory(this.ownParent);
  }

  /** Making a data directory takes a second of a processor, copying one a tenth of that. */
  private async copyNew(): Promise<void> {
    newDirectory ??= PostgresProcess.makeNewDirectory(this.binaries, this.account);
    execFileSync('cp', ['-a', await newDirectory, this.directory]);
  }

  private async initialise(): Promise<void> {
    mkdirSync(this.directory, { mode: 0o700 });
    if (this.account.ids !== undefined) chownSync(this.directory, this.account.ids.uid, this.account.ids.gid);
    const options = [`--username=${USER}`, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-instructions', '--no-sync'];
    await this.run(this.binaries.initdb, [`--pgdata=${this.directory}`, ...options]);
  }

  private async launch(deadline: number): Promise<boolean> {
    const settings = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'fsync=on',
      'synchronous_commit=on',
      'full_page_writes=on',
      'max_connections=100',
      ...this.settings,
    ].flatMap((setting) => ['-c', setting]);
    const { file, parameters, options } = this.account.command(this.binaries.postgres, [
      '-D',
      this.directory,
      '-p',
      String(this.port),
      ...settings,
    ]);
    const child = spawn(file, parameters, { ...options, cwd: '/', env: environment(), stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    child.stderr?.on('data', (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-20_000)));
    if (child.pid !== undefined) guardian.watch(child.pid);
    while (child.exitCode === null && Date.now() < deadline) {
      if (await this.answers()) return true;
      await delay(POLL_MS);
    }
    return false;
  }

  private async answers(): Promise<boolean> {
    try {
      await this.query('select 1');
      return true;
    } catch {
      return false;
    }
  }
}

/** Nothing of this process's environment but the way to its programs and the mark of the test run. */
function environment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    LC_ALL: 'C',
    TZ: 'UTC',
    ...(process.env['TEST_RUN_MARK'] === undefined ? {} : { TEST_RUN_MARK: process.env['TEST_RUN_MARK'] }),
  };
}
