import type { Principal } from '../auth/principal.js';
import type { ConnectionFacts } from '../telemetry/telemetry.js';
import type { FrameSink } from './frame.js';

/** What the core sees of a connection (or of an event stream). Implemented by the gateway; the core never imports it. */
export interface Subscriber extends FrameSink {
  readonly id: string;
  /** The principal now; a token refresh replaces it. */
  readonly principal: Principal;
  /** Bytes that wait in this process for this subscriber; reads of a long history are paced by it. */
  readonly queuedBytes?: number;
  /** Where its frames may be offered without going through it; absent: only through it. */
  readonly sink?: FrameSink;
  /** What is known of the connection; absent for subscribers that are none. */
  readonly facts?: ConnectionFacts;
}
