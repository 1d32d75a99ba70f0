/** A refusal of the gateway, as every answer of REST tells it: a code that stays, and a sentence that says what to do. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    /** Code of the registry; `NETWORK` where there was no answer at all. */
    readonly code: string,
    message: string,
    /** HTTP status; 0 without an answer. */
    readonly status: number,
    readonly field?: string,
    readonly rule?: string,
    readonly retryAfterMs?: number,
    readonly traceId?: string,
  ) {
    super(message);
  }
}

/** Only what may be better the next time: a refusal stays one. */
export function shouldRetry(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}

/** In one sentence, whatever was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
