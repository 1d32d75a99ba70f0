import type { BackoffOptions } from './backoff.js';
import type { Clock } from './clock.js';
import type { Position } from './message.js';
import type { OnlineSource } from './online.js';
import type { SocketConstructor } from './socket.js';
import type { TicketOption, TokenCallback } from './token-source.js';

/**
 * When the server is told that messages were dealt with. `auto`: after their listeners have returned, and what they promised has come;
 * a listener that throws holds back its message and all after it, and is given that one again after a reconnect. `manual`: by `ack()`.
 */
export type AckMode = 'auto' | 'manual';

/** Options of a client; only `token` is required. */
export interface ClientOptions {
  /**
   * The token, or a function that fetches one from your backend. With a function the client refreshes the token before it
   * expires and gets another one after; with a text, the expiry ends the client. `{ ticket }`: a function that fetches a one-time
   * ticket, called for each connection; the client then asks for another connection where the one it has expires.
   */
  readonly token: string | TokenCallback | TicketOption;
  /** Name and version shown to operators. Default `waybill-js/<version>`. */
  readonly clientName?: string;
  /** Time for the reply to a request, in milliseconds. Default 10,000. */
  readonly requestTimeoutMs?: number;
  /** Time in which a publish is repeated until its position is known, in milliseconds. Default 30,000. */
  readonly publishTimeoutMs?: number;
  /** Time from an attempt to connect to the server's welcome, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Delays between attempts: full jitter over windows that double from 500 ms to 20 s. */
  readonly backoff?: BackoffOptions;
  /** Most messages fetched per topic after an absence that was too long for the server's own recovery. Default 10,000. */
  readonly maxCatchUp?: number;
  /** Default: the platform's. */
  readonly webSocket?: SocketConstructor;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
  /** Default: the platform's. */
  readonly clock?: Clock;
  /**
   * Tells when the network may be back: a client that waits for its next attempt makes it at once, unless the server asked to
   * be left alone; one that has a connection asks it for a sign of life. Default: the `online` event, where there is one.
   */
  readonly online?: OnlineSource;
  /** Acknowledges direct messages and broadcasts. Default: they are not. */
  readonly ack?: AckMode;
  /** Numbers from 0 up to 1. Default `Math.random`. */
  readonly random?: () => number;
}

/** Options of a subscription. */
export interface SubscribeOptions {
  /**
   * Where to begin: after a position kept from before, after a `seq` of whatever epoch is current, or at the start of
   * history. Default: with the next message.
   */
  readonly since?: Position | { readonly seq: number } | 'start';
  /** Acknowledges the messages of this topic. Default: they are not. */
  readonly ack?: AckMode;
}

/** Options of a publish. */
export interface PublishOptions {
  /** Event name that subscribers see. Default `message`. */
  readonly action?: string;
  /** Idempotency key, up to 64 characters. Default: a new one. */
  readonly msgId?: string;
  /** In milliseconds. Default `publishTimeoutMs` of the client. */
  readonly timeoutMs?: number;
}

/** Options of a request. */
export interface RequestOptions {
  /** Correlates the reply. Default: a new one. */
  readonly msgId?: string;
  /** In milliseconds, the wait for a connection included. Default `requestTimeoutMs` of the client. */
  readonly timeoutMs?: number;
}

/** Which part of a topic's history to read. */
export interface HistoryRange {
  /** Only messages with a greater `seq`. */
  readonly after?: number;
  /** Only messages with a smaller `seq`. */
  readonly before?: number;
  /** Most messages to answer. Default 100. */
  readonly limit?: number;
}

/** A connection that is in a topic. */
export interface PresenceMember {
  /** Its user. */
  readonly user: string;
  /** Its id, where the server tells it. */
  readonly connectionId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly joinedAt: number | undefined;
}

/** Who is in a topic. */
export interface PresenceAnswer {
  /** Oldest first; in a large topic only the first of them. */
  readonly members: readonly PresenceMember[];
  /** Distinct users present. */
  readonly usersCount: number;
  /** Connections present: a user may have several. */
  readonly connectionsCount: number;
}
