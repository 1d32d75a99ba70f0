import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { WindowResult } from './measured-window.ts';

/** What a worker says while it runs: its measured window begins or ends now. */
export interface WorkerMark {
  readonly kind: 'begin' | 'end';
}

type WorkerMessage<Result> = WorkerMark | { readonly kind: 'result'; readonly result: Result };

/**
 * Runs a program of this rig as a process of its own, so that what it does to put load on others costs them nothing but CPU time.
 * Rejects when it ends without a result.
 */
export function runWorker<Result extends WindowResult = WindowResult>(
  program: URL,
  job: object,
  onMark: (mark: WorkerMark) => void,
): Promise<Result> {
  const child = fork(fileURLToPath(program), [JSON.stringify(job)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    let result: Result | undefined;
    child.on('message', (message: WorkerMessage<Result>) => {
      if (message.kind === 'result') result = message.result;
      else onMark(message);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0 && result !== undefined) resolve(result);
      else reject(new Error(`${program.pathname} ended with ${signal ?? String(code)}; its message stands above.`));
    });
  });
}

/** The worker's side: does the job it was started with, reports the result, and ends, also when the rig does. */
export async function work(perform: (job: unknown) => Promise<WindowResult>): Promise<void> {
  process.once('disconnect', () => process.exit(1));
  const result = await perform(JSON.parse(process.argv[2] ?? '{}'));
  await new Promise<void>((resolve, reject) => {
    process.send?.({ kind: 'result', result } satisfies WorkerMessage<WindowResult>, undefined, undefined, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  process.exit(0);
}
