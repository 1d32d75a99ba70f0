/** One round of connecting, measured. CPU times are in microseconds for each accept. */
export interface AcceptMeasurement {
  readonly repeat: number;
  readonly round: string;
  readonly perSecond: number;
  /** From the begin of the TCP connect to the server's first frame; milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly serverCpu: number;
  readonly databaseCpu: number;
  readonly loadCpu: number;
  /** Cores that the server kept busy; the mean over nodes. */
  readonly serverCores: number;
  /** 99th percentile of the delay of the server's event loop; the worst node's. */
  readonly loopP99: number;
  /** Connects that the server's kernel reset because the listen queue stayed full; the load came again. */
  readonly retries: number;
  /** Share of the machine's CPU time that went to programs outside this run. */
  readonly others: number;
}

/** Memory that an idle connection costs, in KiB: what the server has taken more for many connections than for a few. */
export interface MemoryMeasurement {
  readonly repeat: number;
  readonly server: string;
  readonly connections: number;
  /** Some seconds after the last connect. */
  readonly resident: number;
  /** After a collection of all garbage, in both. */
  readonly collected: number;
  /** Of the latter, what stands in V8's heap. */
  readonly heap: number;
}
