/** Pauses for one kind of garbage collection. */
export interface GcPauses {
  readonly count: number;
  readonly total_ms: number;
  readonly max_ms: number;
}

/** `GET ops/diagnostics/event-loop`; times are in milliseconds, sizes in bytes. */
export interface EventLoopReport {
  readonly window_ms: number;
  /** How late the loop came to a timer. */
  readonly delay_ms: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number };
  /** Share of the window in which the loop was not idle, 0 to 1. */
  readonly utilization: number;
  readonly cpu_ms: { readonly user: number; readonly system: number };
  readonly gc: Readonly<Record<string, GcPauses>>;
  /** What keeps the process alive, by type. */
  readonly active_resources: Readonly<Record<string, number>>;
  readonly memory: {
    readonly rss: number;
    readonly heap_used: number;
    readonly heap_limit: number;
    readonly external: number;
    readonly array_buffers: number;
  };
  readonly heap_spaces: Readonly<Record<string, { readonly used: number; readonly size: number }>>;
}
