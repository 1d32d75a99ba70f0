import type { SlowPolicy } from '../config/namespace-policy.js';

/** The message of a topic that a frame carries. */
export interface CarriedMessage {
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  /** The receipt that it belongs to, where it goes to one subscriber only. */
  readonly receipt?: number;
}

/** The live topic message that a frame carries: what a slow policy needs to drop it and to name the gap, and counters to say what became of it. */
export interface LiveMessage extends CarriedMessage {
  readonly namespace: string;
  readonly slow: SlowPolicy;
}

/** One whole WebSocket frame, shared by all to whom it goes: its bytes must not be changed. */
export interface Frame {
  readonly bytes: Buffer;
  /** Absent for control frames and for recovered messages: those are never dropped. */
  readonly live?: LiveMessage | undefined;
  /** The message that it carries, where it is not live. */
  readonly carries?: CarriedMessage | undefined;
}

/**
 * What became of frames offered to a connection. `written`: handed to the kernel. `queued`: waits in this process.
 * `dropped`: the policy dropped all of them, and the client is told. `overflow`: they were too much, and the connection is being
 * closed. `closed`: the connection had ended or was ending.
 */
export type OfferResult = 'written' | 'queued' | 'dropped' | 'overflow' | 'closed';

/** How often a batch was offered with which result. */
export type OfferTally = Record<OfferResult, number>;

/** Frames that leave together: their bytes stand in one buffer, which every subscriber is given. */
export interface FrameBatch {
  readonly bytes: Buffer;
  readonly frames: readonly Frame[];
  /** Recovered messages. They are bounded by the recovery limits, so queue budgets do not count them. */
  readonly replay?: true;
  /** Filled by whoever answered `gathered`, once it is known. */
  readonly tally: OfferTally;
}

/** Where frames go. */
export interface FrameSink {
  /**
   * Takes frames to write, in order with everything else that is written there. Never throws, never blocks.
   * `gathered`: they leave with others when the flush turn ends, and the batch's tally says then what became of them. Where the
   * answer is `queued`, whoever answered reports the outcome of the live messages with `Telemetry.queuedOutcome`.
   */
  offer(batch: FrameBatch): OfferResult | 'gathered';
  /** Whether anything that it was offered has not been handed to the kernel; absent: nothing ever waits. */
  readonly lags?: boolean;
  /**
   * Names the messages that it was offered and has not handed to the kernel, those that were too late included; `inFlight`: the socket was given them.
   * For each topic and epoch, what it does not name and was offered has been written or dropped.
   */
  unwritten?(visit: (message: CarriedMessage, inFlight: boolean) => void): void;
}

export function carriedBy({ live, carries }: Frame): CarriedMessage | undefined {
  return live ?? carries;
}

export function batchOf(frames: readonly Frame[]): FrameBatch {
  return { bytes: concatenated(frames), frames, tally: emptyTally() };
}

/** Recovered messages: budgets do not count them, and they take no part in the counting of live deliveries. */
export function replayOf(frames: readonly Frame[]): FrameBatch {
  return { bytes: concatenated(frames), frames, replay: true, tally: emptyTally() };
}

function concatenated(frames: readonly Frame[]): Buffer {
  const [only] = frames;
  return frames.length === 1 && only !== undefined ? only.bytes : Buffer.concat(frames.map(({ bytes }) => bytes));
}

function emptyTally(): OfferTally {
  return { written: 0, queued: 0, dropped: 0, overflow: 0, closed: 0 };
}
