import { ERRORS, type ErrorCode } from '../protocol/error-codes.js';
import type { MissingReason } from '../protocol/ops/missing-node.js';
import { Refusal } from '../protocol/refusal.js';

/** Kinds of words on the channel between nodes. */
export const CALL = 'call';
export const ANSWER = 'call.answer';

/** A question, as it crosses the wire. */
export interface CallWord {
  readonly id: string;
  readonly kind: string;
  readonly question: unknown;
  /** An answer that comes later is not waited for. */
  readonly within_ms: number;
}

interface RefusalWord {
  readonly code: Exclude<ErrorCode, 'OK'>;
  readonly message: string;
  readonly field?: string;
  readonly rule?: string;
  readonly retryAfterMs?: number;
}

/** What came of a question at one node; of `answer`, `refusal` and `trouble` it has one. */
export interface AnswerWord {
  readonly id: string;
  readonly answer?: unknown;
  readonly refusal?: RefusalWord;
  readonly trouble?: { readonly reason: MissingReason; readonly says: string };
}

export function refusalWord({ code, message, field, rule, retryAfterMs }: Refusal): RefusalWord {
  return {
    code,
    message,
    ...(field === undefined ? {} : { field }),
    ...(rule === undefined ? {} : { rule }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** A newer version's code that this one does not know is `UNAVAILABLE`. */
export function refusalOf({ code, message, ...detail }: RefusalWord): Refusal {
  return new Refusal(Object.hasOwn(ERRORS, code) ? code : 'UNAVAILABLE', message, detail);
}
