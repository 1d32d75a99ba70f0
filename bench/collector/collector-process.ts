import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CollectorFacts, Manner } from './manner.ts';

const PROGRAM = fileURLToPath(new URL('collector-program.ts', import.meta.url));

/** The collector as a process of its own. */
export class CollectorProcess {
  readonly #process: ChildProcess = fork(PROGRAM, [], { detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Answers once it is so. */
  async become(manner: Manner): Promise<CollectorFacts> {
    const answered = once(this.#process, 'message') as Promise<[CollectorFacts]>;
    this.#process.send(manner);
    const [facts] = await answered;
    return facts;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.disconnect();
    await exited;
  }
}
