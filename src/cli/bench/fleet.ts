import type { Endpoint } from './load-socket.js';
import type { TallyCounts } from './tally.js';

export interface OpenOrder {
  readonly endpoint: Endpoint;
  /** One for each connection to open. */
  readonly tokens: readonly string[];
  /** Source addresses to spread over; none: the system chooses. */
  readonly addresses: readonly string[];
  readonly topic?: string;
  /** Handshakes begun in a second; undefined: as fast as `opening` allows. */
  readonly rate?: number;
  /** Most handshakes under way at once. */
  readonly opening: number;
  /** What becomes of these connections once they are open; default `reads`. */
  readonly manner?: Manner;
}

/** `reads`: everything, at once. `stops`: nothing. `drips`: one byte a second. */
export type Manner = 'reads' | 'stops' | 'drips';

export interface StormOrder {
  /** Each connection returns after a random part of it; a refused one after a random part of twice as much, and so on. */
  readonly jitterMs: number;
  readonly opening: number;
  readonly deadlineMs: number;
}

/** Where a fleet stands, for the line of progress. */
export interface FleetProgress {
  /** Those that read. */
  readonly open: number;
  readonly opening: number;
  readonly deliveries: number;
}

/** What subscribers still lack of a topic up to a position. */
export interface Shortfall {
  /** On connections that are open. */
  readonly behind: number;
  /** On connections that ended on the way. */
  readonly cutOff: number;
}

/** Connections of a load, in this process or in several. Only those that read are counted in latencies and losses. */
export interface Fleet {
  /** Resolves when each of them is open or has failed. */
  open(order: OpenOrder): Promise<void>;
  /** Cuts every connection and lets each come back; resolves when all are, or at the deadline. */
  storm(order: StormOrder): Promise<void>;
  shortfall(head: number): Promise<Shortfall>;
  /** What was counted since the last call. */
  tally(): Promise<TallyCounts>;
  progress(): FleetProgress;
  /** Ends what is under way, so that what is awaited resolves early. */
  stop(): void;
  close(): Promise<void>;
}
