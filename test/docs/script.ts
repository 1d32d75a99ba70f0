import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** An example that is a program, as a process of its own. */
export class Script {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';

  constructor(path: string, ...parameters: readonly string[]) {
    this.#child = spawn(process.execPath, [path, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', (chunk) => (this.#output += String(chunk)));
    // A runner that ends in the middle of a test leaves nothing behind.
    process.once('exit', () => void this.#child.kill('SIGKILL'));
  }

  /** What it printed, on both streams. */
  get output(): string {
    return this.#output;
  }

  /** Its exit code, once it has ended by itself. */
  async ended(): Promise<number | null> {
    await this.#exited;
    return this.#child.exitCode;
  }

  /** Ends it without warning. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
