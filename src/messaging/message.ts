import type { Door } from '../telemetry/telemetry.js';
import type { MessageOrigin } from './message-origin.js';

/** A place in a topic's log. `seq` rises by one without holes within an epoch; the epoch changes only if the log was lost or reset. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** A message as accepted from a publisher, before it has a position. */
export interface Draft {
  readonly topic: string;
  /** Unique per (topic, publisher) for the idempotency time. */
  readonly msgId: string;
  /** Principal id of the publisher. */
  readonly publisher: string;
  readonly action: string;
  /** The payload's JSON text, as it came. */
  readonly dataText: string;
  /** When the server accepted it, milliseconds since the epoch. */
  readonly timestamp: number;
  readonly clientTimestamp: number | undefined;
  readonly door: Door;
  /** W3C traceparent that every subscriber is handed: the publisher's own, or where there is none that of the publish. */
  readonly trace: string | undefined;
  /** Where it came from; absent where that is not known, and in what is read for subscribers. */
  readonly origin?: MessageOrigin | undefined;
}

/** A message with its position. */
export interface Message extends Draft, Position {}
