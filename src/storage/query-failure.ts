import pg from 'pg';

/**
 * Why a call to the database gave no result.
 * `unreachable`: no connection was had, so nothing was sent. `lost`: the connection broke or fell silent after the call was sent, so
 * what it did is not known. `rejected`: the server answered with an error and rolled the call back; `sqlState` says which.
 */
export type QueryFailureKind = 'unreachable' | 'lost' | 'rejected';

/** The server ends the session: a commit may have come before. PostgreSQL, appendix A, classes 08 and 57P. */
const SESSION_ENDED = /^(?:08|57P)/;

export class QueryFailure extends Error {
  override readonly name = 'QueryFailure';

  private constructor(
    readonly kind: QueryFailureKind,
    readonly sqlState: string | undefined,
    cause: unknown,
  ) {
    super(messageOf(cause), { cause });
  }

  static connecting(cause: unknown): QueryFailure {
    return new QueryFailure('unreachable', sqlStateOf(cause), cause);
  }

  static sent(cause: unknown): QueryFailure {
    const sqlState = sqlStateOf(cause);
    return new QueryFailure(sqlState === undefined || SESSION_ENDED.test(sqlState) ? 'lost' : 'rejected', sqlState, cause);
  }
}

function sqlStateOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** A host name with several addresses fails with one error for each, and no message of its own. */
function messageOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(messageOf).join('; ');
  return cause instanceof Error ? cause.message : String(cause);
}
