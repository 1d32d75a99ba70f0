import type { Principal } from '../../auth/principal.js';
import type { ClientFrame } from '../../protocol/envelope.js';
import type { Connection } from './connection.js';

/**
 * The third argument of every action handler: `handle(connection, data, context)`. What the handler returns (a value or a promise
 * of one) is the reply's `data`; `undefined` replies without data; a thrown `Refusal` replies with its code; anything else replies
 * `INTERNAL` and is logged.
 */
export interface CommandContext {
  readonly connection: Connection;
  /** Who sent the frame. Throws before authentication, which only `auth` and `auth.challenge` run before. */
  readonly principal: Principal;
  readonly frame: ClientFrame;
  /** Aborts at the handler's deadline and when the connection ends. */
  readonly signal: AbortSignal;
  /** Runs work right after this command's reply was written; never where the connection ended first. */
  afterReply(work: () => void): void;
  /** Traceparent of this command's own span, to hand on; undefined where it is not traced. */
  readonly trace: string | undefined;
  /** Id of that trace, for logs. */
  readonly traceId: string | undefined;
}
