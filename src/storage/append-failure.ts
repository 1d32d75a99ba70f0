import { Refusal } from '../protocol/refusal.js';
import { QueryFailure } from './query-failure.js';

/**
 * What an append does about a failed call.
 * `halve`: the database refuses something in it. `set-aside`: a head stayed locked. `again`: a deadlock or serialisation failure.
 * `refuse`: this is the answer for all of it.
 */
export type AppendFailure =
  | { readonly kind: 'halve'; readonly problem: string }
  | { readonly kind: 'set-aside' }
  | { readonly kind: 'again' }
  | { readonly kind: 'refuse'; readonly refusal: Refusal };

export const RETRY_AFTER_MS = 1_000;

const LOCK_NOT_AVAILABLE = '55P03';
const QUERY_CANCELED = '57014';
const ROLLED_BACK_BY_CHANCE = new Set(['40001', '40P01']);
/** Data exception, check constraint, program limit. PostgreSQL, appendix A. A doubled key would be a defect of the append itself. */
const REFUSED_DATA = /^(?:22|23514|54)/;
/** Insufficient resources, operator intervention, read-only transaction, system error. */
const SERVER_IN_TROUBLE = /^(?:53|57|58|25006)/;

/** Anything that is not expected of a healthy schema is thrown on, as a defect. */
export function appendFailure(error: unknown): AppendFailure {
  if (!(error instanceof QueryFailure)) throw error;
  if (error.kind === 'unreachable') return { kind: 'refuse', refusal: unavailable(error) };
  // A statement cancelled by its deadline was nearly always rolled back; the deadline may also fall into the commit.
  if (error.kind === 'lost' || error.sqlState === QUERY_CANCELED) return { kind: 'refuse', refusal: unknownOutcome() };
  const sqlState = error.sqlState ?? '';
  if (sqlState === LOCK_NOT_AVAILABLE) return { kind: 'set-aside' };
  if (ROLLED_BACK_BY_CHANCE.has(sqlState)) return { kind: 'again' };
  if (REFUSED_DATA.test(sqlState)) return { kind: 'halve', problem: `${error.message} (SQLSTATE ${sqlState})` };
  if (SERVER_IN_TROUBLE.test(sqlState)) return { kind: 'refuse', refusal: unavailable(error) };
  throw error;
}

/** A read that failed changed nothing, whatever became of it. */
export function readFailure(error: unknown): never {
  if (error instanceof QueryFailure && (error.kind !== 'rejected' || SERVER_IN_TROUBLE.test(error.sqlState ?? '')))
    throw unavailable(error);
  throw error;
}

export function topicBusy(): Refusal {
  return new Refusal('UNAVAILABLE', 'The topic is locked by another transaction of the database; nothing was stored.', {
    retryAfterMs: RETRY_AFTER_MS,
  });
}

function unknownOutcome(): Refusal {
  return new Refusal(
    'UNKNOWN_OUTCOME',
    'The database did not say whether the message was stored; repeat it with the same msg_id to learn its position.',
    {
      retryAfterMs: RETRY_AFTER_MS,
    },
  );
}

function unavailable(failure: QueryFailure): Refusal {
  return Object.assign(new Refusal('UNAVAILABLE', 'The database cannot be used now.', { retryAfterMs: RETRY_AFTER_MS }), {
    cause: failure,
  });
}
