import { ERRORS, type ErrorCode } from './error-codes.js';

export interface RefusalDetail {
  /** The field of the request that is at fault, as a path: `data.topics[0].topic`. */
  readonly field?: string;
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The rule that refused, in words an operator can look up: `claims.topics.publish`, `namespace.chat.publish`. */
  readonly rule?: string;
  /** Whom it concerns, where a verified credential or a sign-in named somebody: for operators, never told to the caller. */
  readonly user?: string;
}

/**
 * An expected "no", with a code of the registry and a sentence that says what to do.
 * Both doors turn it into the same body; anything else that is thrown is a defect and answers `INTERNAL`.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly rule: string | undefined;
  readonly user: string | undefined;

  constructor(
    readonly code: Exclude<ErrorCode, 'OK'>,
    message: string,
    detail: RefusalDetail = {},
  ) {
    super(message);
    this.field = detail.field;
    this.retryAfterMs = detail.retryAfterMs;
    this.rule = detail.rule;
    this.user = detail.user;
  }

  get httpStatus(): number {
    return ERRORS[this.code].http;
  }

  /** The same "no", with the name of whom it concerns where it has none. */
  concerning(user: string | undefined): Refusal {
    if (user === undefined || this.user !== undefined) return this;
    const { field, retryAfterMs, rule } = this;
    const detail = { field, retryAfterMs, rule, user };
    return new Refusal(this.code, this.message, Object.fromEntries(Object.entries(detail).filter(([, value]) => value !== undefined)));
  }

  static badRequest(field: string, problem: string): Refusal {
    return new Refusal('BAD_REQUEST', `${field}: ${problem}`, { field });
  }
}
