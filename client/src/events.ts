import type { WaybillError } from './errors.js';
import type { Notice } from './frames.js';
import type { Delivery, Gap, Reset } from './message.js';

/** A connection that is open. */
export interface ConnectedInfo {
  /** Id of the connection, as operators and the REST API know it. */
  readonly connectionId: string;
  /** Short name of this connection: show it where users ask for support. */
  readonly ref: string;
  /** The user of the token. */
  readonly user: string | undefined;
  /** Whether there was a connection before. */
  readonly reconnected: boolean;
}

/** A connection that ended. */
export interface DisconnectedInfo {
  /** Close code; 1006 where the server gave none. */
  readonly code: number;
  /** What the server said; empty where it said nothing. */
  readonly reason: string;
  /** Support ref of the connection that ended. */
  readonly ref: string | undefined;
}

/** An attempt to connect that will be made. */
export interface RetryInfo {
  /** 1 for the first attempt after a good connection. */
  readonly attempt: number;
  /** Milliseconds until it is made. */
  readonly delayMs: number;
  /** Why there is no connection. */
  readonly cause: WaybillError;
}

/** Events of a client, by name, with what their listeners get. */
export interface ClientEvents {
  /** A connection is open: the first time and after each loss. */
  readonly connected: ConnectedInfo;
  /** An open connection ended. `retrying` or `closed` follows. */
  readonly disconnected: DisconnectedInfo;
  /** Another attempt will be made after a delay. */
  readonly retrying: RetryInfo;
  /** The end: no further attempt will be made. */
  readonly closed: WaybillError;
  /** Something went wrong that needs no action of the client: a bad frame, a callback that threw, a failed refresh. */
  readonly error: WaybillError;
  /** A message to this user (`$user.<id>`). */
  readonly direct: Delivery;
  /** A message to everyone (`$all`). */
  readonly broadcast: Delivery;
  /** In any topic: messages were missed and cannot be had. */
  readonly gap: Gap;
  /** In any topic: the log began anew. */
  readonly reset: Reset;
  /** Other frames of the server, such as `auth.expiring` and `sys.reconnect`. */
  readonly notice: Notice;
}
