import { setTimeout as delay } from 'node:timers/promises';

/** Waits for the promise, but no longer than until the signal aborts. Rejects only with what the promise rejects with. */
export async function unlessAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    return;
  }
  const aborted = Promise.withResolvers<void>();
  const resolve = (): void => aborted.resolve();
  signal.addEventListener('abort', resolve, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', resolve);
    promise.catch(() => undefined);
  }
}

/** Waits for so long, or until the signal aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
