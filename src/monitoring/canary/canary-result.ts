/** `live`: an ephemeral message; `stored`: one by way of the database. */
export const CANARY_PATHS = ['live', 'stored'] as const;
export type CanaryPath = (typeof CANARY_PATHS)[number];

/** The way of a message through this node, in order. */
export const CANARY_HOPS = ['connect', 'authenticate', 'subscribe', 'publish', 'append', 'bus', 'fan_out', 'socket'] as const;
export type CanaryHop = (typeof CANARY_HOPS)[number];

/** `kept`: the socket of an earlier run is still open; `not_reached`: an earlier hop broke. */
export type HopState = 'ok' | 'kept' | 'failed' | 'not_reached';

export interface HopReport {
  readonly hop: CanaryHop;
  readonly state: HopState;
  /** When it was passed, milliseconds after the run began; absent where it was not, or was kept. */
  readonly at_ms?: number;
}

/** One run of the canary. `skipped`: nothing is known to be broken, and nothing was shown to work. */
export interface CanaryResult {
  readonly path: CanaryPath;
  readonly result: 'ok' | 'failed' | 'skipped';
  /** When it began, milliseconds since the epoch. */
  readonly at: number;
  /** From the publish to the socket, milliseconds; absent where it did not come back. */
  readonly round_trip_ms?: number;
  readonly hops: readonly HopReport[];
  /** The hop that broke. */
  readonly broken?: CanaryHop;
  /** What is wrong, or why it was skipped; absent where all went well. */
  readonly detail?: string;
}

/** A hop that broke, or a reason not to go on. */
export class CanaryTrouble extends Error {
  override readonly name = 'CanaryTrouble';
  constructor(
    readonly result: 'failed' | 'skipped',
    readonly hop: CanaryHop,
    message: string,
  ) {
    super(message);
  }
}
