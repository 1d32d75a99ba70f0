/** What one scrape of a node's metrics says of the process. */
export interface NodeSample {
  /** By `performance.now`. */
  readonly at: number;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly gcSeconds: number;
  /** Delay of the event loop since the scrape before. */
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  readonly queuedBytes: number;
}

/** The node watches its event loop by a timer of 10 ms: that is what an idle one shows. */
const LOOP_TIMER_MS = 10;

/** Undefined where the text is not of a Waybill node. */
export function nodeSampleOf(text: string, at: number): NodeSample | undefined {
  if (!text.includes('waybill_connections{')) return undefined;
  return {
    at,
    cpuSeconds: seriesSum(text, 'process_cpu_seconds_total'),
    rssBytes: seriesSum(text, 'process_resident_memory_bytes'),
    heapBytes: seriesSum(text, 'nodejs_heap_size_used_bytes'),
    externalBytes: seriesSum(text, 'nodejs_external_memory_bytes'),
    gcSeconds: seriesSum(text, 'nodejs_gc_duration_seconds_sum'),
    loopP99Ms: loopDelayMs(text, 'nodejs_eventloop_lag_p99_seconds'),
    loopMaxMs: loopDelayMs(text, 'nodejs_eventloop_lag_max_seconds'),
    queuedBytes: seriesSum(text, 'waybill_send_queue_bytes'),
  };
}

function loopDelayMs(text: string, name: string): number {
  return Math.max(0, seriesSum(text, name) * 1_000 - LOOP_TIMER_MS);
}

/** Of all series of a metric in the Prometheus text format. */
function seriesSum(text: string, name: string): number {
  let sum = 0;
  for (const [, value] of text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'gm'))) sum += Number(value);
  return sum;
}
