import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { WORKER_FLAG } from './worker-link.js';
import type { WorkerFacts, WorkerQuestion, WorkerState, WorkerWord } from './worker-words.js';

const PROGRAM = fileURLToPath(new URL('../main.js', import.meta.url));
const PRELOAD = new URL('../telemetry.js', import.meta.url).href;
/** A worker that has not said what it is by then is busy, in milliseconds. */
const ANSWER_MS = 1_000;

/** How a process ended. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One process that serves the port. */
export class WorkerProcess {
  readonly ended: Promise<WorkerEnd>;
  /** Rejects where it ended before. */
  readonly ready: Promise<WorkerFacts>;
  private readonly child: ChildProcess;
  private readonly questions = new Map<number, (state: WorkerState | undefined) => void>();
  private asked = 0;
  private isReady = false;

  /** @param write takes each line of its log: processes that write to one pipe themselves cut one another's lines. */
  constructor(
    readonly name: string,
    environment: NodeJS.ProcessEnv,
    write: (line: string) => void,
  ) {
    // In a session of its own: a Ctrl-C reaches the supervisor alone, which tells the workers.
    this.child = fork(PROGRAM, [WORKER_FLAG, name], {
      env: environment,
      execArgv: ['--import', PRELOAD],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      detached: true,
    });
    if (this.child.stdout !== null) createInterface(this.child.stdout).on('line', write);
    this.ended = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => this.end({ code, signal }, resolve));
      this.child.once('error', () => this.end({ code: null, signal: null }, resolve));
    });
    this.ready = new Promise((resolve, reject) => {
      this.child.on('message', (word: WorkerWord) => this.hear(word, resolve));
      void this.ended.then(({ code, signal }) => reject(new WorkerNotReady(code ?? signal)));
    });
    // Whoever waits for it is told; where nobody does, that it ended is enough.
    this.ready.catch(() => undefined);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get isServing(): boolean {
    return this.isReady && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** What it is and has counted; undefined where it does not answer in time. */
  async state(): Promise<WorkerState | undefined> {
    if (!this.isServing) return undefined;
    const id = (this.asked += 1);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.settle(id, undefined), ANSWER_MS);
      this.questions.set(id, (state) => {
        clearTimeout(timer);
        resolve(state);
      });
      this.child.send({ id } satisfies WorkerQuestion, (error) => {
        if (error !== null) this.settle(id, undefined);
      });
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  private hear(word: WorkerWord, ready: (facts: WorkerFacts) => void): void {
    if (word.kind === 'state') return this.settle(word.id, word.state);
    this.isReady = true;
    ready(word.facts);
  }

  private settle(id: number, state: WorkerState | undefined): void {
    this.questions.get(id)?.(state);
    this.questions.delete(id);
  }

  private end(end: WorkerEnd, resolve: (end: WorkerEnd) => void): void {
    for (const id of [...this.questions.keys()]) this.settle(id, undefined);
    resolve(end);
  }
}

/** A worker ended before it served; it has said why itself. */
export class WorkerNotReady extends Error {
  override readonly name = 'WorkerNotReady';

  constructor(readonly end: number | NodeJS.Signals | null) {
    super(`a worker ended (${String(end)}) before it was ready`);
  }

  /** Exit code of the program that cannot start because of it. */
  get exitCode(): number {
    return typeof this.end === 'number' && this.end > 0 ? this.end : 1;
  }
}
