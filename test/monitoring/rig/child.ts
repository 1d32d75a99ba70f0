import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { guardian } from '../../faults/rig/guardian.js';

const STOP_MS = 10_000;
const POLL_MS = 50;
const OUTPUT_CHARACTERS = 20_000;

/** A server that a test started: its output is kept, and it ends with the test, however that ends. */
export class Child {
  private printed = '';

  static start(file: string, parameters: readonly string[], directory: string): Child {
    const child = spawn(file, parameters, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined) guardian.watch(child.pid);
    return new Child(child);
  }

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.printed = (this.printed + chunk.toString()).slice(-OUTPUT_CHARACTERS)));
  }

  get output(): string {
    return this.printed;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves when the address answers 200. */
  async untilReady(url: string, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!(await answers(url))) {
      if (!this.isRunning || Date.now() > deadline) throw new Error(`${this.child.spawnfile} was not ready at ${url}:\n${this.printed}`);
      await delay(POLL_MS);
    }
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(late);
  }
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (answer) => answer.ok,
    () => false,
  );
}
