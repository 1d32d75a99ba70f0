import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostmaster, stopPostmaster } from '../../src/storage/postmaster.js';
import { freePorts } from './ports.js';

/** Long enough for its last checkpoint on a busy machine. */
const POSTGRES_STOPS_MS = 60_000;

const START_ATTEMPTS = 3;

let built = false;

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Numeric id of the system user to run as; only root may choose one. */
  readonly user?: number;
  /** Directory whose `dist` is run; default: this project's own, built if that is needed. */
  readonly project?: string;
  /** Most descriptors that it may have open; default: as many as this process. */
  readonly descriptors?: number;
}

/** The built program as a process of its own, with the embedded database unless `env` names another. */
export class Program {
  static async start(options: ProgramOptions = {}): Promise<Program> {
    if (options.project === undefined) Program.build();
    for (let attempt = 1; ; attempt += 1) {
      const [port = 0, opsPort = 0] = await freePorts(2);
      const dataDir = await mkdtemp(join(tmpdir(), 'waybill-program-'));
      if (options.user !== undefined) await chown(dataDir, options.user, options.user);
      const program = new Program(port, opsPort, dataDir, options);
      try {
        await program.launch();
        return program;
      } catch (error) {
        // Nobody has it yet who could end it.
        await program.dispose();
        // A connection of somebody else may have got the port between our look and its start.
        if (attempt === START_ATTEMPTS || !program.output.includes('EADDRINUSE')) throw error;
      }
    }
  }

  /** Builds the project if its last build is not of what stands there now; once for each test process. */
  static build(): void {
    if (!built) execFileSync('node', ['scripts/build.js', '--if-stale'], { stdio: 'pipe' });
    built = true;
  }

  readonly #output: string[] = [];
  #child: ChildProcess | undefined;
  #project: string | undefined;

  private constructor(
    readonly port: number,
    readonly opsPort: number,
    readonly dataDir: string,
    private readonly options: ProgramOptions,
  ) {
    this.#project = options.project;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('the program was not started');
    return pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get output(): string {
    return this.#output.join('');
  }

  get environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      WAYBILL_PORT: String(this.port),
      WAYBILL_HOST: '127.0.0.1',
      WAYBILL_OPS_PORT: String(this.opsPort),
      WAYBILL_DATA_DIR: this.dataDir,
      // A machine that is busy with other tests is no reason to turn clients away; the tests of that have it on.
      WAYBILL_ACCEPT_LAG_MS: '0',
      WAYBILL_CANARY_INTERVAL_MS: '0',
      ...this.options.env,
    };
  }

  /** Directory whose `dist` is run; undefined: this project's own. */
  get directory(): string | undefined {
    return this.#project;
  }

  /** Another build is run from the next `launch` on. */
  become(project: string): void {
    this.#project = project;
  }

  /** Stops reading what the program prints, as a terminal that was suspended or a log shipper that hangs. */
  ignoreOutput(): void {
    this.#child?.stdout?.pause();
    this.#child?.stderr?.pause();
  }

  /** Reads it again. */
  readOutput(): void {
    this.#child?.stdout?.resume();
    this.#child?.stderr?.resume();
  }

  /** Starts the process (again) and waits until it is ready. */
  async launch(): Promise<void> {
    const { user, descriptors } = this.options;
    const project = this.#project;
    const command = ['node', '--import', './dist/telemetry.js', 'dist/main.js'];
    const limited = descriptors === undefined ? command : ['sh', '-c', `ulimit -n ${descriptors} && exec "$@"`, 'sh', ...command];
    const child = spawn(limited[0] as string, limited.slice(1), {
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(project === undefined ? {} : { cwd: project }),
      ...(user === undefined ? {} : { uid: user, gid: user }),
    });
    this.#child = child;
    // A runner that ends in the middle of a test leaves nothing behind.
    const end = (): void => void child.kill('SIGTERM');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => this.#output.push(chunk.toString()));
    await this.untilReady();
  }

  async untilReady(timeoutMs = 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      if (!this.isRunning)
        throw new Error(`the program ended with ${String(this.#child?.exitCode ?? this.#child?.signalCode)}:\n${this.output}`);
      const ready = await fetch(`http://127.0.0.1:${this.opsPort}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the program was not ready after ${timeoutMs} ms:\n${this.output}`);
  }

  /** Ends it without warning, as a power cut or the kernel would. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks it to stop; answers the exit code. */
  async terminate(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** Stops it and removes its data, and the embedded database that it left behind if it was killed. */
  async dispose(): Promise<void> {
    await this.terminate();
    const cluster = join(realpathSync(this.dataDir), 'postgres');
    const left = findPostmaster(cluster);
    if (left !== undefined && !(await stopPostmaster(left.pid, cluster, 'SIGINT', POSTGRES_STOPS_MS)))
      throw new Error(`the embedded Postgres that the program left behind (${left.pid}) does not stop`);
    await rm(this.dataDir, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  }
}
