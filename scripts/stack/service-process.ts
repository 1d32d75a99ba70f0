import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const STOP_DEADLINE_MS = 30_000;
const POLL_MS = 100;
const LAST_LINES = 15;

export interface ServiceCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** What it prints goes here. */
  readonly logFile: string;
}

/** One service of the stack as a plain process, ended by its own id and no other way. */
export class ServiceProcess {
  readonly name: string;
  readonly #logFile: string;
  readonly #child: ChildProcess;
  readonly #end = (): void => void this.#child.kill('SIGKILL');

  constructor(name: string, command: ServiceCommand) {
    this.name = name;
    this.#logFile = command.logFile;
    const log = openSync(command.logFile, 'a');
    this.#child = spawn(command.program, command.arguments, {
      cwd: command.directory,
      // Nothing of this environment reaches it but what finds programs.
      env: { PATH: process.env['PATH'], ...command.environment },
      // A group of its own: Ctrl-C reaches this program, which then stops them in order.
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child.once('error', () => undefined);
    process.once('exit', this.#end);
    this.#child.once('exit', () => process.off('exit', this.#end));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits until `url` answers with success, or accepts a connection where it is `tcp:`; throws with the end of its output where it ends before or takes too long. */
  async untilHealthy(url: string, deadlineMs: number): Promise<void> {
    const deadline = performance.now() + deadlineMs;
    while (performance.now() < deadline) {
      if (!this.isRunning) throw new Error(`${this.name} ended at its start:\n${this.lastLines()}`);
      if (await answers(url)) return;
      await delay(POLL_MS);
    }
    throw new Error(`${this.name} did not answer at ${url} within ${deadlineMs} ms:\n${this.lastLines()}`);
  }

  /** Asks it to stop, and kills it where it does not. Answers how long that took, in milliseconds. */
  async stop(): Promise<number> {
    const startedAt = performance.now();
    if (this.isRunning) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      const late = delay(STOP_DEADLINE_MS, 'late' as const, { ref: false });
      if ((await Promise.race([exited, late])) === 'late') {
        this.#child.kill('SIGKILL');
        await exited;
      }
    }
    return performance.now() - startedAt;
  }

  lastLines(): string {
    return readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  }
}

async function answers(url: string): Promise<boolean> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'tcp:')
    return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
  const socket = connect(Number(port), hostname);
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}
