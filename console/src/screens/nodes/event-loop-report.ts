/** What `ops/diagnostics/event-loop` answers: over a window that began with the question. */
export interface EventLoopReport {
  readonly window_ms: number;
  readonly delay_ms: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number };
  readonly utilization: number;
  readonly cpu_ms: { readonly user: number; readonly system: number };
  readonly gc: Readonly<Record<string, { readonly count: number; readonly ms?: number; readonly total_ms?: number }>>;
  readonly active_resources: Readonly<Record<string, number>>;
  readonly memory: { readonly rss: number; readonly heap_used: number; readonly external: number; readonly array_buffers: number };
}
