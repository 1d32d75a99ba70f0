import { setTimeout as delay } from 'node:timers/promises';
import { Refusal } from '../protocol/refusal.js';

const RETRY_AFTER_MS = 1_000;

/** The answer, or `UNAVAILABLE` where it is not there in time; the question itself goes on, for those who ask later. */
export async function inTime<T>(answer: Promise<T>, milliseconds: number): Promise<T> {
  const answered = new AbortController();
  try {
    return await Promise.race([
      answer,
      delay(milliseconds, undefined, { signal: answered.signal, ref: false }).then(() => Promise.reject(overdue())),
    ]);
  } finally {
    answered.abort();
  }
}

function overdue(): Refusal {
  return new Refusal('UNAVAILABLE', 'The database did not answer in time.', { retryAfterMs: RETRY_AFTER_MS });
}
