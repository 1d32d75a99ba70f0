import type { ErrorCode } from '../protocol/error-codes.js';
import { NO_PROBES, type ProbeWatch } from './probe-watch.js';
import type { Refused } from './refused.js';

/** Where a message came from. */
export type Door = 'socket' | 'rest' | 'sql' | 'system';

/** Who ended a connection. */
export type CloseInitiator = 'client' | 'server' | 'network';

/**
 * Something under way that may be traced. Every method of the port that begins something returns one; the no-op does nothing.
 * Ending twice is harmless: the first end counts.
 */
export interface Observation {
  /** W3C traceparent to hand on; undefined where this is not traced. */
  readonly traceparent: string | undefined;
  /** For answers and logs; undefined where this is not traced. */
  readonly traceId: string | undefined;
  /** Runs work with this as the current trace, so that database and HTTP calls made by it become its children. */
  run<T>(work: () => T): T;
  /** Ends it with a result of the error registry. */
  end(result: ErrorCode, detail?: { readonly message?: string }): void;
}

export interface HandshakeStart {
  readonly path: string;
  readonly address: string;
  readonly userAgent: string | undefined;
  /** The peer's own traceparent: linked, or followed where everybody is trusted. */
  readonly traceparent: string | undefined;
  readonly tracestate?: string | undefined;
}

/** The handshake ends at 101 or at the refusal; `connectionId` names it on everything that follows. */
export interface HandshakeObservation extends Observation {
  opened(connection: ConnectionFacts): void;
}

/** What is known of a connection when it opens; bound for its life. */
export interface ConnectionFacts {
  readonly id: string;
  readonly ref: string;
  /** When it was accepted, milliseconds since the epoch; absent for what is no connection. */
  readonly openedAt?: number;
  readonly user: string | undefined;
  readonly address: string;
  readonly client: string | undefined;
  /** How it is connected; a WebSocket where nothing is said. */
  readonly transport?: 'websocket' | 'sse';
  /** Traceparent of the handshake span, to which every command of this connection is linked. */
  readonly handshake: string | undefined;
}

export interface ConnectionClose {
  readonly code: number;
  readonly reason: string;
  readonly initiator: CloseInitiator;
  readonly durationMs: number;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly maxQueuedBytes: number;
}

export interface CommandStart {
  /** A declared action, or `unknown`: never what a client made up. */
  readonly action: string;
  /** Namespace of the topic it is about, where the frame names one topic. */
  readonly namespace?: string | undefined;
  readonly connection: ConnectionFacts;
  readonly msgId: string | undefined;
  /** The client's own traceparent; linked, not trusted. */
  readonly trace: string | undefined;
}

export interface RequestStart {
  readonly method: string;
  readonly path: string;
  readonly address: string;
  /** The caller's own traceparent: linked, or followed where the caller is trusted. */
  readonly traceparent: string | undefined;
  readonly tracestate?: string | undefined;
}

export interface RequestObservation extends Observation {
  /**
   * Who calls is known now: somebody with an API key, or another. It decides whose trace this is of, so until then there is neither a
   * traceparent nor anything that runs under it; the first word counts, also against a reading of the id.
   */
  authenticated(by: 'key' | 'other'): void;
  /** The route's template, once it is known; then the status. */
  respond(route: string, status: number): void;
}

export interface PublishStart {
  readonly namespace: string;
  readonly topic: string;
  readonly door: Door;
  readonly msgId: string;
  readonly bytes: number;
  readonly durable: boolean;
  /** The publisher's own traceparent: linked, or followed where everybody is trusted. */
  readonly trace: string | undefined;
  readonly connection: ConnectionFacts | undefined;
  /** Principal id of who publishes. */
  readonly publisher?: string | undefined;
  /** The payload's JSON text: for probes that were asked to show it. */
  readonly dataText?: string | undefined;
}

export interface PublishObservation extends Observation {
  stored(epoch: string, seq: number, duplicate: boolean): void;
}

export interface AppendStart {
  readonly messages: number;
  readonly bytes: number;
  /** Traceparents of the publishes that share this commit. With one it becomes the parent, with several they are links. */
  readonly publishes: readonly string[];
}

export interface DeliverStart {
  readonly namespace: string;
  readonly topic: string;
  readonly seq: number;
  readonly msgId: string;
  readonly door?: Door;
  /** Length of its frame. */
  readonly bytes: number;
  /** Traceparent of the publish on its way to here; by SQL, of the publisher. */
  readonly trace: string | undefined;
  /** When the server accepted the message, milliseconds since the epoch. */
  readonly acceptedAt: number;
}

export interface DeliverCounts {
  /** Connections subscribed at the moment of delivery. */
  readonly matched: number;
  /** Handed to the kernel. */
  readonly written: number;
  /** Waiting in this process behind a slow socket. */
  readonly queued: number;
  readonly dropped: number;
  /** The connection had ended, or was ended for being too slow. */
  readonly notWritten: number;
}

/**
 * What became of a message that waited behind a slow socket. `not_written`: its connection ended first; `unconfirmed`: the socket was busy
 * with it when its connection ended, so nobody knows how much of it left.
 */
/** `memory_lost`: the topic is kept in memory and has begun anew since, as after a restart; nobody was promised anything else. */
export type RecoveryResult = 'recovered' | 'not_recovered' | 'memory_lost';

/** How it ended that a client asked for the session of its connection before: `gone`: not known, or expired; `foreign`: another user's. */
export type SessionResult = 'resumed' | 'gone' | 'foreign' | 'unavailable';

export type QueuedOutcome = 'written' | 'dropped' | 'not_written' | 'unconfirmed';

export interface DeliverObservation extends Observation {
  delivered(counts: DeliverCounts): void;
}

/** Why a TLS handshake came to nothing. */
export type TlsFailure = 'plain_http' | 'timeout' | 'version_or_suite' | 'client_certificate' | 'other';

/** How a fetch of the issuer's key set ended. */
export type JwksResult = 'ok' | 'unreachable' | 'timeout' | 'status' | 'too_big' | 'invalid';

/**
 * What a revocation is of: one token, a token that was renewed, a user's tokens, everybody's tokens; what a device was given before it was
 * disabled or removed, or before it lost a key; or a user who is blocked.
 */
export type RevocationKind = 'token' | 'renewed' | 'user' | 'everyone' | 'device' | 'device_key' | 'block';
/**
 * Caches that answer for what is slow to find out: tokens verified lately, API keys and operators' sessions known from the database, keys of
 * the issuer's key set.
 */
export type CacheName = 'token' | 'api_key' | 'operator_session' | 'jwks';
/** How an operator's attempt to sign in ended. */
export type SignInResult = 'ok' | 'wrong' | 'limited' | 'unavailable';

/** What the ledger records: receipts that are open or closed, reads of history, closed connections, refusals. */
export type LedgerKind = 'open' | 'closed' | 'fetch' | 'connection' | 'refusal';

export type DropReason = 'slow_consumer' | 'connection_closed' | 'gateway_failed' | 'heal_failed';

/**
 * One typed method for each thing that can happen. The core calls these and imports neither Prometheus nor OpenTelemetry;
 * `MetricsTelemetry` in monitoring presents them, `NoopTelemetry` ignores them, `RecordingTelemetry` keeps them for tests.
 * Implementations must not throw and must not block.
 */
export abstract class Telemetry {
  /** What the probes of operators want to know. */
  get probes(): ProbeWatch {
    return NO_PROBES;
  }

  /** An upgrade request arrived. */
  abstract handshake(start: HandshakeStart): HandshakeObservation;
  /** An upgrade request was refused unread, because this node has no time for it: it is counted and nothing else. */
  abstract handshakeRefused(result: ErrorCode): void;
  /** A connection is authenticated and open. */
  abstract connectionOpened(connection: ConnectionFacts): void;
  /** A connection ended; called exactly once for each that opened. */
  abstract connectionClosed(connection: ConnectionFacts, close: ConnectionClose): void;
  /** A connection ended without having said who it is, and is not recorded, since too many did. */
  abstract strangerUnrecorded(): void;
  /** A credential was checked; `method` is header, subprotocol, ticket, frame, api_key, certificate, session or device. */
  abstract authenticated(method: string, result: ErrorCode, durationMs: number): void;
  /** Something was looked for in a cache; a miss is looked up elsewhere. */
  abstract cacheRequest(cache: CacheName, result: 'hit' | 'miss'): void;
  /** The issuer's key set was fetched, or was not. */
  abstract jwksFetched(result: JwksResult): void;
  /** A good credential was refused because it was revoked or its user is blocked. */
  abstract revokedRefused(kind: RevocationKind): void;
  /** A device answered a challenge; `key` tells which of its keys made the proof, `none` where none did. */
  abstract deviceAnswered(key: 'current' | 'previous' | 'none', result: ErrorCode): void;
  /** An operator signed in, or tried to. */
  abstract signIn(result: SignInResult): void;
  /** A route that the audit trail records was called, by whomever; `action` is its name there. */
  abstract operatorAction(action: string, result: ErrorCode): void;
  /** A frame was decoded and is about to be handled. */
  abstract command(start: CommandStart): Observation;
  /** A REST request arrived. */
  abstract request(start: RequestStart): RequestObservation;
  /** Bytes and frames that came from sockets. */
  abstract received(bytes: number): void;
  /** Bytes handed to sockets. */
  abstract sent(bytes: number): void;
  /** A publish passed its checks' entrance; either door. */
  abstract publish(start: PublishStart): PublishObservation;
  /** Messages of a namespace were published by SQL, within other programs' transactions; told once for all nodes, some seconds later. */
  abstract publishedBySql(namespace: string, messages: number): void;
  /** A batch goes to the log. */
  abstract append(start: AppendStart): Observation;
  /** A stored message is handed to the bus, child of its publish. */
  abstract busSend(namespace: string, traceparent: string | undefined): Observation;
  /** The hub hands a message to its local subscribers. */
  abstract deliver(start: DeliverStart): DeliverObservation;
  /** Messages that waited behind a slow socket left it after all, or were lost. */
  abstract queuedOutcome(namespace: string, outcome: QueuedOutcome, messages: number): void;
  /** A client acknowledged `messages` more messages. */
  abstract acknowledged(namespace: string, messages: number): void;
  abstract dropped(reason: DropReason, messages: number): void;
  /** A hole was seen: by the hub in its topic (`server`), or told to a client (`client`). */
  abstract gap(reason: string, side: 'server' | 'client', gaps?: number): void;
  abstract subscribed(namespace: string, result: ErrorCode): void;
  /** A subscription ended. */
  abstract unsubscribed(namespace: string): void;
  /** Somebody who was subscribed before asked for what it missed, and was given `messages`. */
  abstract recovered(namespace: string, result: RecoveryResult, messages: number): void;
  /** A client asked for the session of its connection before. */
  abstract sessionResumed(result: SessionResult): void;
  abstract rateLimited(scope: string): void;
  /** Somebody was told "no", or was disconnected for what they did; called once for each. */
  abstract refused(refused: Refused): void;
  /** A ping came back. */
  abstract pong(roundTripMs: number): void;
  /** Bus traffic. Of what came in from elsewhere: `lagMs`, the time from the publishing node's hand to its arrival here. */
  abstract busMessage(direction: 'in' | 'out', lagMs?: number): void;
  /** What this node published for itself alone came back to it over the bus. */
  abstract busRoundTrip(durationMs: number): void;
  abstract busError(operation: string): void;
  /** A database call ended. */
  abstract databaseOperation(operation: string, durationMs: number): void;
  /** A database call got its connection, or gave up waiting for one. */
  abstract databasePoolWait(durationMs: number): void;
  /** Records of this kind reached the ledger. */
  abstract ledgerRecorded(kind: LedgerKind, records: number): void;
  /** Records of this kind will never reach it; what they said is answered as unknown. */
  abstract ledgerDropped(kind: LedgerKind, records: number): void;
  /** A certificate is in use from now on, which ends at this time (milliseconds since the epoch). */
  abstract certificateLoaded(expiresAt: number): void;
  /** The certificate files changed while the program ran. */
  abstract certificateReload(result: 'reloaded' | 'failed'): void;
  abstract tlsRefused(reason: TlsFailure): void;
}

/** Observation of something that is not traced. */
export const UNTRACED: HandshakeObservation & RequestObservation & PublishObservation & DeliverObservation = {
  traceparent: undefined,
  traceId: undefined,
  run: (work) => work(),
  end: () => undefined,
  opened: () => undefined,
  authenticated: () => undefined,
  respond: () => undefined,
  stored: () => undefined,
  delivered: () => undefined,
};
