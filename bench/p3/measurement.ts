/** One phase of a run, measured. CPU times are in microseconds for each command. */
export interface Measurement {
  readonly repeat: number;
  readonly phase: string;
  /** Replies in a second. */
  readonly perSecond: number;
  /** From a command's send to its reply; milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly serverCpu: number;
  readonly loadCpu: number;
  /** Cores that the server kept busy. */
  readonly serverCores: number;
  /** Share of the machine's CPU time that went to programs outside this run. */
  readonly others: number;
}
