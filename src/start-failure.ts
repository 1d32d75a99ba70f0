import { ConfigError } from './config/config-error.js';
import { StorageStartError } from './storage/start-error.js';
import { WorkerNotReady } from './workers/worker-process.js';

/** As sysexits.h has it. */
const EXIT_CONFIG = 78;
export const EXIT_FAILURE = 1;

/** Says why the program cannot start, and ends it. */
export function fail(error: unknown): never {
  // The worker has said it.
  if (error instanceof WorkerNotReady) process.exit(error.exitCode);
  if (error instanceof ConfigError) {
    process.stderr.write(`Waybill cannot start:\n${error.problems.map((problem) => `  - ${problem}`).join('\n')}\n`);
    process.exit(EXIT_CONFIG);
  }
  const known = error instanceof StorageStartError || !(error instanceof Error);
  process.stderr.write(
    `Waybill cannot start: ${known ? (error instanceof Error ? error.message : String(error)) : (error.stack ?? error.message)}\n`,
  );
  process.exit(EXIT_FAILURE);
}
