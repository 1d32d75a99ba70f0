import type { CloseName } from '../protocol/close-codes.js';
import type { OfferWatch } from '../telemetry/probe-watch.js';
import type { CloseInitiator, ConnectionFacts } from '../telemetry/telemetry.js';
import type { ErasedUsers } from './ledger/erased-users.js';
import type { ConnectionRecord } from './ledger/connection-record.js';
import type { ConnectionSpan } from './ledger/ledger-reader.js';

/** One connection as operators see it. Names are those of the REST answer. */
export interface ConnectionView {
  readonly id: string;
  /** Short reference that a person can read out to support. */
  readonly ref: string;
  readonly user?: string | undefined;
  /** Who it is, once that is known: an operator's connection is no user's. */
  readonly kind?: 'user' | 'operator' | 'api_key' | 'system' | undefined;
  readonly roles: readonly string[];
  readonly state: 'authenticating' | 'open' | 'draining' | 'closed';
  readonly address: string;
  readonly client?: string | undefined;
  readonly node: string;
  readonly protocol: 'ws' | 'sse';
  /** Milliseconds since the epoch. */
  readonly opened_at: number;
  readonly closed_at?: number | undefined;
  readonly age_ms: number;
  /** Last ping round trip in milliseconds; absent before the first pong. */
  readonly rtt_ms?: number | undefined;
  readonly queued_bytes: number;
  readonly queued_frames: number;
  /** How long the oldest of them have been waiting, in milliseconds. */
  readonly queued_ms: number;
  /** How long no byte has moved, in milliseconds, to a heartbeat's tick; absent while nothing waits. */
  readonly stalled_ms?: number | undefined;
  /** Messages that a slow policy dropped. */
  readonly dropped_messages: number;
  readonly max_queued_bytes: number;
  readonly frames_in: number;
  readonly frames_out: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  /** Messages that it published by the socket and that were stored. */
  readonly published?: number | undefined;
  /** Acknowledgements that it sent. */
  readonly acks?: number | undefined;
  readonly topics: readonly string[];
  /** When the token expires, milliseconds since the epoch. */
  readonly expires_at?: number | undefined;
  readonly close?: { readonly code: number; readonly reason: string; readonly initiator: CloseInitiator } | undefined;
}

/** What a list of connections may be sorted by. */
export const CONNECTION_SORT_FIELDS = [
  'id',
  'ref',
  'user',
  'state',
  'address',
  'client',
  'opened_at',
  'closed_at',
  'age_ms',
  'rtt_ms',
  'queued_bytes',
  'queued_frames',
  'queued_ms',
  'dropped_messages',
  'max_queued_bytes',
  'frames_in',
  'frames_out',
  'bytes_in',
  'bytes_out',
  'expires_at',
] as const satisfies readonly (keyof ConnectionView)[];

export interface ConnectionQuery {
  readonly state: 'open' | 'closed' | 'all';
  /** A field of the view; `-field` sorts descending. */
  readonly sort: string;
  readonly limit: number;
  /** `next` of the page before; undefined for the first page. */
  readonly cursor: string | undefined;
  readonly filters: {
    readonly user?: string;
    readonly address?: string;
    /** A name, whatever its version, or `name/version`. */
    readonly client?: string;
    readonly topic?: string;
    /** In any case. */
    readonly ref?: string;
    readonly node?: string;
  };
}

export interface ConnectionPage {
  readonly items: readonly ConnectionView[];
  readonly next: string | undefined;
}

/** How far one subscription of an open connection is. Positions are those of `epoch`. */
export interface SubscriptionView {
  readonly topic: string;
  /** When what was missed, or live, began to flow; milliseconds since the epoch. */
  readonly since: number;
  readonly epoch: string;
  /** Every later message is owed. */
  readonly after: number;
  /** Handed to the kernel up to here. */
  readonly written: number;
  /** The client's own word; absent where it does not acknowledge. */
  readonly acked?: number;
  /** Highest position that exists. */
  readonly head: number;
  /** Messages of this subscription that were not given to it. */
  readonly missed: number;
}

/** Sums over the connections of this node, cheap enough to be read at every scrape. */
export interface GatewayCounts {
  readonly connections: number;
  readonly authenticating: number;
  readonly queuedBytes: number;
  readonly maxQueuedBytes: number;
  readonly oldestQueuedMs: number;
  readonly slow: number;
  readonly subscriptions: number;
}

/** A connection or event stream that a probe may watch. */
export interface Watchable {
  readonly facts: ConnectionFacts;
  topics(): readonly string[];
  /** Who is told what it is offered from now on; undefined: nobody. */
  watch(watch: OfferWatch | undefined): void;
}

/** A connection that is closed because its user was erased. */
export interface LeavingConnection {
  readonly id: string;
  readonly user: string | undefined;
  /** Whether it was open until now. */
  readonly wasOpen: boolean;
  /** Whether something that its user asked for is still being done. */
  readonly isBusy: boolean;
}

/** Port: what operators may see of the gateway's connections and do to them. Implemented by the gateway. */
export abstract class GatewayControl {
  abstract connections(query: ConnectionQuery & ConnectionSpan): ConnectionPage;
  /** Open connections that do not take what is sent as fast as it comes, those that have waited longest first. */
  abstract slow(): readonly ConnectionView[];
  /** One connection, open or lately closed. */
  abstract connection(id: string): ConnectionView | undefined;
  /** The same with what its flight recorder kept. */
  abstract record(id: string): ConnectionRecord | undefined;
  /** What an open connection is subscribed to and how far it is, in the order of topics; undefined where that is not known. */
  subscriptions(_id: string): readonly SubscriptionView[] | undefined {
    return undefined;
  }
  /** Closes a connection with a code of the registry; false where no open connection has this id. */
  abstract disconnect(id: string, close: CloseName, reason?: string): boolean;
  /**
   * Closes what erased users began before; nothing is kept of these connections when they have ended. Answers them, and those that ended
   * lately.
   */
  expel(_erased: ErasedUsers): readonly LeavingConnection[] {
    return [];
  }
  /** Forgets connections that erased users began before, and that ended. */
  forget(_erased: ErasedUsers): void {}
  /** Whether this node is shutting down. */
  abstract readonly draining: boolean;
  abstract counts(): GatewayCounts;
  /** Every open connection and event stream of this node. */
  watchables(): Iterable<Watchable> {
    return [];
  }
}
