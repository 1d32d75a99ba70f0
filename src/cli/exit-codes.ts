import { WaybillError } from '@waybill/client';

/** What a script may build on. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** The gateway refused, or found something wrong. */
  refused: 1,
  /** The command line is wrong, or something that it needs is missing here. */
  usage: 2,
  /** No gateway answered; for `log`, no database. */
  unreachable: 3,
} as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  refused by the gateway, or something is wrong with it
  2  wrong usage, or something is missing here
  3  no gateway answered; for log, no database`;

/** A mistake of the caller that commander cannot see. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The database of the log did not answer. */
export class DatabaseUnreachable extends Error {
  override readonly name = 'DatabaseUnreachable';
}

/** The diagnosis found something wrong; it has been printed. */
export class FailedChecks extends Error {
  override readonly name = 'FailedChecks';
  constructor(
    count: number,
    readonly unreachable: boolean,
  ) {
    super(count === 1 ? 'One check failed' : `${count} checks failed`);
  }
}

/** A benchmark lost something, or something unexpected happened in it; it has been printed. */
export class FailedBench extends Error {
  override readonly name = 'FailedBench';
}

/** The audit trail is not what it was. */
export class BrokenTrail extends Error {
  override readonly name = 'BrokenTrail';
  constructor(problem: string) {
    super(`the audit trail is broken: ${problem}`);
  }
}

export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof UsageError) return EXIT.usage;
  if (thrown instanceof DatabaseUnreachable) return EXIT.unreachable;
  if (thrown instanceof FailedChecks) return thrown.unreachable ? EXIT.unreachable : EXIT.refused;
  if (!(thrown instanceof WaybillError)) return EXIT.refused;
  return thrown.code === 'UNREACHABLE' || thrown.code === 'CONNECTION_LOST' || thrown.code === 'REPLY_TIMEOUT'
    ? EXIT.unreachable
    : EXIT.refused;
}
