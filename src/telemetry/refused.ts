import type { ErrorCode } from '../protocol/error-codes.js';

/** What somebody was refused; `close`: to keep their connection. */
export const REFUSAL_KINDS = ['connect', 'login', 'subscribe', 'publish', 'command', 'request', 'close'] as const;
export type RefusalKind = (typeof REFUSAL_KINDS)[number];

/** A "no" that somebody was told, and all that is known of it for whoever asks why. Without secrets and payloads. */
export interface Refused {
  readonly kind: RefusalKind;
  /** A code of the error registry, or the number of a close. */
  readonly code: ErrorCode | number;
  /** What refused: a claim, a policy, an option, or the field that is wrong. */
  readonly rule?: string | undefined;
  /** The rule in words, as the caller was told. */
  readonly message: string;
  /** A user, `key:<name>` or `operator:<name>`; undefined where nobody had proved who they are. */
  readonly user?: string | undefined;
  readonly address?: string | undefined;
  readonly client?: string | undefined;
  readonly topic?: string | undefined;
  readonly connectionId?: string | undefined;
  /** When that connection began, milliseconds since the epoch. */
  readonly connectedAt?: number | undefined;
  readonly ref?: string | undefined;
  readonly traceId?: string | undefined;
}
