/** One phase of a run, measured. CPU times are those of its measured window. */
export interface Measurement {
  readonly repeat: number;
  readonly phase: string;
  /** Deliveries in a second: one for each message and subscriber. */
  readonly perSecond: number;
  /** Microseconds of CPU for each delivery. */
  readonly serverCpu: number;
  readonly loadCpu: number;
  /** Milliseconds from a publish to its delivery, over a sample of the subscribers. */
  readonly p50: number;
  readonly p99: number;
  /** Payload bytes that the server sent for each delivery. */
  readonly bytes: number;
  /** Of the server at the end of the window, in MiB. */
  readonly memory: number;
  /** Share of the machine's CPU time that went to programs outside this run. */
  readonly others: number;
}
