import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * A program of this rig as a process of its own that does what it is told, one thing at a time: each message it is sent it answers
 * once. It ends when it loses its parent.
 */
export class AskedProcess<Question extends object, Answer> {
  readonly #process: ChildProcess;
  readonly #program: string;

  constructor(program: URL, options: { readonly preloads?: readonly string[] } = {}) {
    this.#program = fileURLToPath(program);
    const execArgv = (options.preloads ?? []).flatMap((preload) => ['--import', preload]);
    // In a group of its own: Ctrl-C reaches the rig, which then ends this one.
    this.#process = fork(this.#program, [], { detached: true, execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Rejects where the process has ended, or ends before it answers. */
  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error(`${this.#program} has ended; its message stands above.`));
      if (this.#hasEnded) return ended();
      this.#process.once('exit', ended);
      this.#process.once('message', (answer) => {
        this.#process.off('exit', ended);
        resolve(answer as Answer);
      });
      this.#process.send(question);
    });
  }

  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    const exited = once(this.#process, 'exit');
    this.#process.disconnect();
    await exited;
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }
}
