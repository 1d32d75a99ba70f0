import type { WorkerFacts, WorkerQuestion, WorkerState, WorkerWord } from './worker-words.js';

/** What is behind `main.js` on the command line of a worker. */
export const WORKER_FLAG = '--worker';

/** Whether this process is one of several behind a port. */
export function isWorker(): boolean {
  return process.argv.includes(WORKER_FLAG) && process.send !== undefined;
}

/** A worker's end of what it and its supervisor say to one another. */
export class WorkerLink {
  /**
   * @param state what it is asked for, again and again.
   * @param abandoned called when the supervisor is gone: nobody would end this process otherwise.
   */
  static begin(facts: WorkerFacts, state: () => Promise<WorkerState>, abandoned: () => void): void {
    process.once('disconnect', abandoned);
    process.on('message', ({ id }: WorkerQuestion) => {
      void state().then((answer) => say({ kind: 'state', id, state: answer }));
    });
    say({ kind: 'ready', facts });
  }
}

function say(word: WorkerWord): void {
  if (process.connected) process.send?.(word);
}
