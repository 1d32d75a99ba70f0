import { ERROR_CODES, type ErrorCode } from './generated/codes.js';

/**
 * What the client itself may report, beside the server's codes.
 * - `CONNECTION_LOST`: the connection broke before the reply came; whether the request was carried out is not known.
 * - `REPLY_TIMEOUT`: no reply in the time given.
 * - `CLOSED`: the client was closed by the application.
 * - `CLOSED_BY_SERVER`: the server closed for good; `closeCode` says why.
 * - `UNREACHABLE`: an attempt to connect failed before the server answered.
 * - `BAD_FRAME`: the server sent something that is not a frame of the protocol; it was ignored.
 * - `LISTENER_FAILED`: a callback of the application threw; `cause` is what it threw.
 * - `TOKEN_FAILED`: the token callback threw; `cause` is what it threw.
 */
export type ClientErrorCode =
  'CONNECTION_LOST' | 'REPLY_TIMEOUT' | 'CLOSED' | 'CLOSED_BY_SERVER' | 'UNREACHABLE' | 'BAD_FRAME' | 'LISTENER_FAILED' | 'TOKEN_FAILED';

/** Code of a `WaybillError`: the server's, or the client's own. */
export type WaybillErrorCode = ErrorCode | ClientErrorCode;

/** What is known of an error beyond its code and its message. */
export interface WaybillErrorDetail {
  /** The field of the request that is at fault, as a path. */
  readonly field?: string | undefined;
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The close code, where a connection ended for good. */
  readonly closeCode?: number | undefined;
  /** Names the server's trace of a REST request, for its operators. */
  readonly traceId?: string | undefined;
  /** What it came from, for example the error of a fetch. */
  readonly cause?: unknown;
}

/** Everything this client rejects with or reports. `code` is for programs, `message` for people. */
export class WaybillError extends Error {
  /** Always `WaybillError`. */
  override readonly name = 'WaybillError';
  /** The field of the request that is at fault, as a path. */
  readonly field: string | undefined;
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The close code, where a connection ended for good. */
  readonly closeCode: number | undefined;
  /** Names the server's trace of a REST request, for its operators. */
  readonly traceId: string | undefined;

  constructor(
    /** For programs: what went wrong. */
    readonly code: WaybillErrorCode,
    message: string,
    detail: WaybillErrorDetail = {},
  ) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.field = detail.field;
    this.retryAfterMs = detail.retryAfterMs;
    this.closeCode = detail.closeCode;
    this.traceId = detail.traceId;
  }
}

/** The code as this version of the client knows it: one of a newer server counts as a defect there. */
export function knownErrorCode(value: unknown): ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value) ? (value as ErrorCode) : 'INTERNAL';
}

/** Whatever was thrown, as a `WaybillError`. */
export function asWaybillError(thrown: unknown, code: ClientErrorCode, doing: string): WaybillError {
  if (thrown instanceof WaybillError) return thrown;
  return new WaybillError(code, `${doing}: ${thrown instanceof Error ? thrown.message : textOf(thrown)}`, { cause: thrown });
}

/** Whatever was thrown, as text: an object without a prototype cannot be made into one, and must do no harm by that. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'something that has no text';
  }
}
