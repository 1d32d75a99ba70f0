import { EXIT_FAILURE, fail } from './start-failure.js';

/** Signals that come within this time, in milliseconds, are one. */
const REPEATED_MS = 500;

/** Ends the program in order when it is told to. Answers what does the same for another reason. */
export function stopOnSignals(stop: () => Promise<void>): () => void {
  let since: number | undefined;
  const begin = (): void => {
    if (since === undefined) {
      since = performance.now();
      void stop().then(() => process.exit(0), fail);
      return;
    }
    // A second signal means: now. A terminal's Ctrl-C comes twice under npm, which hands on the one that every process got.
    if (performance.now() - since > REPEATED_MS) process.exit(EXIT_FAILURE);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, begin);
  return begin;
}
