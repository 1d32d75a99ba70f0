import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * Totals that are no counters, which Prometheus' own linter refuses: the same numbers stand by type beside them. And a summary,
 * which cannot be added up over nodes: a histogram of the same stands beside it. And what is left in
 * each space of the heap, which says nothing: a space grows when it is full.
 */
const LEFT_OUT = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'nodejs_eventloop_utilization_summary',
  'nodejs_heap_space_size_available_bytes',
];

let registry: Registry | undefined;

/** `process_*` and `nodejs_*`: facts of the process, so they are collected once, however many gateways run in it. */
export function processMetrics(): Registry {
  if (registry !== undefined) return registry;
  registry = new Registry(Registry.OPENMETRICS_CONTENT_TYPE);
  collectDefaultMetrics({ register: registry });
  for (const name of LEFT_OUT) registry.removeSingleMetric(name);
  return registry;
}
