/** One start of the gateway. Times are in milliseconds. */
export interface Measurement {
  readonly repeat: number;
  readonly start: string;
  /** From the spawn of the process to the `welcome` of the first connection. */
  readonly tookMs: number;
  /** CPU time of the process and of its database until then. */
  readonly cpuMs: number;
  /** Share of the machine's CPU time that went to programs outside this run. */
  readonly others: number;
}
