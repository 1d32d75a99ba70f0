import type { Outcome } from '../checker/record.js';

/** A message on its way to the gateway. */
export interface Publish {
  readonly topic: string;
  readonly msgId: string;
  /** JSON text. */
  readonly payload: string;
}

export interface Answer {
  readonly outcome: Outcome;
  /** What the gateway asked for, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** A way in for one publisher: publishes are handed over in the order of the calls. */
export interface Door {
  /** How many publishes it may have under way. */
  readonly inFlight: number;
  /** Resolves when a publish can be handed over. */
  ready(): Promise<void>;
  /** Never rejects. */
  publish(publish: Publish): Promise<Answer>;
  close(): void;
}

interface Refusing {
  readonly code: string;
  readonly retry_after_ms?: number;
}

/** What the gateway's code means to a publisher. */
export function answerOf(
  code: string,
  data: { readonly epoch: string; readonly seq: number; readonly duplicate?: true } | undefined,
  refusal: Refusing,
): Answer {
  if (code === 'OK' && data !== undefined) {
    const { epoch, seq, duplicate = false } = data;
    return { outcome: { kind: 'acked', epoch, seq, duplicate } };
  }
  const outcome: Outcome = code === 'UNKNOWN_OUTCOME' ? { kind: 'unknown', reason: code } : { kind: 'refused', code };
  return refusal.retry_after_ms === undefined ? { outcome } : { outcome, retryAfterMs: refusal.retry_after_ms };
}

export function unknown(reason: string): Answer {
  return { outcome: { kind: 'unknown', reason } };
}
