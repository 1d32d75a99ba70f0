import type { Tracing } from './tracing.js';

let preloaded: Tracing | undefined;

/** Keeps what the preload started for the application that follows it in this process. */
export function keepPreloaded(tracing: Tracing): void {
  preloaded = tracing;
}

/** Takes what the preload started, once; undefined without a preload, and for a second gateway in one process. */
export function takePreloaded(): Tracing | undefined {
  const taken = preloaded;
  preloaded = undefined;
  return taken;
}
