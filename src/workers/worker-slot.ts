import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { RestartPause } from './restart-pause.js';
import { WorkerProcess } from './worker-process.js';
import type { WorkerFacts, WorkerState } from './worker-words.js';

/** What a worker is given, and who is told of it. */
export interface WorkerOwner {
  environmentOf(name: string): NodeJS.ProcessEnv;
  /** A line of its log. */
  wrote(line: string): void;
  /** Its process has ended. */
  left(name: string): void;
}

/** The place of one worker: who ends without being told to is started again. */
export class WorkerSlot {
  private readonly logger = new Logger('Workers');
  private readonly pause = new RestartPause();
  private readonly stopping = new AbortController();
  private process: WorkerProcess | undefined;
  private kept: Promise<void> = Promise.resolve();

  constructor(
    readonly name: string,
    private readonly owner: WorkerOwner,
  ) {}

  get isServing(): boolean {
    return this.process?.isServing ?? false;
  }

  /** Rejects where it ends before it is ready; then nothing is started again. */
  async start(): Promise<WorkerFacts> {
    const process = this.spawn();
    const facts = await process.ready;
    this.kept = this.keep(process);
    return facts;
  }

  async state(): Promise<WorkerState | undefined> {
    return this.process?.state();
  }

  /** Tells it to drain and end; whoever is still there after so many milliseconds is killed. */
  async stop(withinMs: number): Promise<void> {
    this.stopping.abort();
    const { process } = this;
    process?.kill('SIGTERM');
    const waiting = new AbortController();
    const late = delay(withinMs, true, { signal: waiting.signal }).catch(() => false);
    const cutOff = late.then((isLate) => {
      if (!isLate) return;
      this.logger.error(`worker ${this.name} has not ended after ${withinMs} ms and is killed`);
      process?.kill('SIGKILL');
    });
    await process?.ended;
    waiting.abort();
    await Promise.all([cutOff, this.kept]);
  }

  private spawn(): WorkerProcess {
    const process = new WorkerProcess(this.name, this.owner.environmentOf(this.name), (line) => this.owner.wrote(line));
    this.process = process;
    return process;
  }

  private async keep(first: WorkerProcess): Promise<void> {
    for (let process = first; ; process = this.spawn()) {
      const since = performance.now();
      const { code, signal } = await process.ended;
      this.owner.left(this.name);
      if (this.stopping.signal.aborted) return;
      const pauseMs = this.pause.after(performance.now() - since);
      this.logger.error(
        `worker ${this.name} (process ${process.pid}) ended with ${String(code ?? signal)}; another is started in ${pauseMs} ms`,
      );
      await delay(pauseMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      if (this.stopping.signal.aborted) return;
    }
  }
}
