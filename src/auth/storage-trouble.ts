import { QueryFailedError } from 'typeorm';
import { Refusal } from '../protocol/refusal.js';

/** SQLSTATE classes of a server that is away, overloaded or going down (PostgreSQL, appendix A). */
const PASSING_CLASSES = ['08', '53', '57'];
const RETRY_AFTER_MS = 1_000;

/** The refusal that a failed database call means to a caller; an error that is our own mistake in SQL is handed back as it is. `what` begins its sentence. */
export function storageTrouble(error: unknown, what = 'API keys cannot be looked up or changed now'): unknown {
  if (error instanceof Refusal) return error;
  const state: unknown = error instanceof QueryFailedError ? (error.driverError as { readonly code?: unknown }).code : undefined;
  const isSqlMistake = typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) && !PASSING_CLASSES.includes(state.slice(0, 2));
  if (isSqlMistake) return error;
  return new Refusal('UNAVAILABLE', `${what}, because the database does not answer.`, {
    retryAfterMs: RETRY_AFTER_MS,
  });
}
