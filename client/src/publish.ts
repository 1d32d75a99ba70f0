import type { Clock } from './clock.js';
import { WaybillError, type WaybillErrorCode } from './errors.js';

/** After these nobody knows, or it is known that nothing was stored: the same `msg_id` makes a repeat harmless. */
const REPEATABLE: ReadonlySet<WaybillErrorCode> = new Set([
  'UNKNOWN_OUTCOME',
  'UNAVAILABLE',
  'DRAINING',
  'CONNECTION_LOST',
  'REPLY_TIMEOUT',
]);
/** Pause before a repeat where the server names none, in milliseconds; the connection's own back-off covers a lost one. */
const DEFAULT_PAUSE_MS = 250;

export interface PublishAttempts {
  readonly msgId: string;
  /** Waits for an open connection until the deadline, sends once and answers the reply's data. */
  readonly attempt: (msgId: string, remainingMs: number) => Promise<unknown>;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * Publishes until the reply is known, a refusal is final, or the time is over; always under one `msg_id`, so that the log
 * holds the message once however often it was sent.
 */
export async function publishUntilKnown(attempts: PublishAttempts): Promise<unknown> {
  const { msgId, clock } = attempts;
  const deadline = clock.now() + attempts.timeoutMs;
  for (;;) {
    try {
      return await attempts.attempt(msgId, deadline - clock.now());
    } catch (thrown) {
      if (!(thrown instanceof WaybillError) || !REPEATABLE.has(thrown.code)) throw thrown;
      const pauseMs = thrown.code === 'CONNECTION_LOST' ? 0 : (thrown.retryAfterMs ?? DEFAULT_PAUSE_MS * (0.5 + attempts.random()));
      if (clock.now() + pauseMs >= deadline) throw thrown;
      // A lost connection is not waited for here: repeats must queue up for the next one in the order they were sent.
      if (pauseMs > 0) await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
    }
  }
}
