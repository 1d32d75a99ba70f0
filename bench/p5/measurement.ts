/** One phase of a run, measured. CPU times are those of its measured window. */
export interface Measurement {
  readonly repeat: number;
  readonly phase: string;
  /** Acknowledged by the gateway, or appended by the raw loop, in a second. */
  readonly perSecond: number;
  /** Messages of an average commit. */
  readonly batch: number;
  /** Of an acknowledgement at the gateway; of a call at the raw loop. Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of CPU for each message. */
  readonly gatewayCpu: number;
  readonly databaseCpu: number;
  readonly loadCpu: number;
  /** Share of the machine's CPU time that went to programs outside this run. */
  readonly others: number;
}
