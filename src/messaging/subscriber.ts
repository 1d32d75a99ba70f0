import type { Principal } from '../auth/principal.js';

/**
 * What became of frames offered to a connection. `written`: handed to the kernel. `queued`: waits in this process.
 * `dropped`: the policy dropped it, and the client is told. `closed`: the connection ended or is ending.
 */
export type OfferResult = 'written' | 'queued' | 'dropped' | 'closed';

/** Which topic messages a batch carries: what a slow policy needs to name a gap, and counters to say what became of them. */
export interface BatchOrigin {
  readonly topic: string;
  readonly namespace: string;
  /** First and last `seq` in the batch. */
  readonly from: number;
  readonly to: number;
  readonly messages: number;
}

/** Frames ready for a socket: bytes that may be shared by many subscribers and must not be changed. */
export interface FrameBatch {
  readonly bytes: Buffer;
  /** Whole frames in `bytes`. */
  readonly frames: number;
  /**
   * Live topic messages among the frames, counted as matched by the core; where the offer is answered `queued`, whoever queued
   * them reports their outcome with `Telemetry.queuedOutcome`. Absent for control frames and for replays.
   */
  readonly origin?: BatchOrigin;
  /** Recovered messages. They are bounded by the recovery limits, so queue budgets do not count them. */
  readonly replay?: true;
}

/** What the core sees of a connection (or of an event stream). Implemented by the gateway; the core never imports it. */
export interface Subscriber {
  readonly id: string;
  /** The principal now; a token refresh replaces it. */
  readonly principal: Principal;
  /** Bytes that wait in this process for this subscriber; reads of a long history are paced by it. */
  readonly queuedBytes?: number;
  /** Takes frames to write, in order with everything else that is written to this subscriber. Never throws, never blocks. */
  offer(batch: FrameBatch): OfferResult;
}
