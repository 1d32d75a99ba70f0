import type { ErrorCode } from '../protocol/error-codes.js';
import type { Refusal } from '../protocol/refusal.js';

/** Something that was done to this service, or tried: who, what, to what, and what came of it. */
export interface AuditEntry {
  /** `operator:<name>`, `key:<name>`, `user:<id>`, `anonymous`, or `system`. */
  readonly actor: string;
  /** Name of the action: `connection.disconnect`. */
  readonly action: string;
  /** What it was done to: the id of a connection, the name of a topic; empty where there is nothing to name. */
  readonly target: string;
  /** `OK`, or why it failed. */
  readonly result: ErrorCode;
  /** Where the request came from. */
  readonly address: string | undefined;
  readonly traceId: string | undefined;
  /** What was there before and what is there now, as JSON; without secrets. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * Port: where every action of an operator is recorded for good. Resolves once the entry is stored: an action whose record cannot be
 * stored must not be reported as done. Rejects where it is not stored, or where that is not known.
 */
export abstract class AuditTrail {
  abstract record(entry: AuditEntry): Promise<void>;

  /** Why nothing can be recorded now, so that what must be recorded is better not begun; undefined where it can. */
  get refusal(): Refusal | undefined {
    return undefined;
  }
}
