import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * Read by `process._getActiveHandles` and `_getActiveRequests`, which Node does not document: the first of them ends the process (an assertion in
 * async_wrap.cc) where the object of a handle has been collected. What is active stands by type in `nodejs_active_resources`.
 */
const READ_BY_UNDERSCORE = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
];

/**
 * Totals that are no counters, which Prometheus' own linter refuses: the same numbers stand by type beside them. And a summary,
 * which cannot be added up over nodes: a histogram of the same stands beside it. And what is left in
 * each space of the heap, which says nothing: a space grows when it is full.
 */
const LEFT_OUT = [
  ...READ_BY_UNDERSCORE,
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
