import { REQUEST_SECONDS } from './buckets.js';
import { HTTP_METHODS, HTTP_STATUSES } from './label-values.js';
import { closed, declared, type MetricDefinition } from './metric-definition.js';

/** REST, the node itself, and the telemetry's own losses. */
export const NODE_METRICS = {
  buildInfo: {
    name: 'waybill_build_info',
    type: 'gauge',
    unit: '-',
    help: 'Always 1; its labels say what runs here.',
    zero: [],
    labels: { version: declared('Version of Waybill.'), node_version: declared('Version of Node.js.') },
  },
  httpRequestDuration: {
    name: 'http_server_request_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time of REST requests to the end of the answer (for an event stream: to its head); the objective is 0.3 s for 99 %.',
    labels: {
      method: closed('HTTP method.', ...HTTP_METHODS, 'other'),
      route: declared('Template of the route; `unknown` where there is none.', 'unknown'),
      status: closed('Class of the HTTP status.', ...HTTP_STATUSES, 'other'),
    },
    zero: [],
    buckets: REQUEST_SECONDS,
    exemplars: true,
  },
  telemetryDropped: {
    name: 'waybill_telemetry_dropped_total',
    type: 'counter',
    unit: 'items',
    help: 'Spans and log lines that were lost because their receiver was slow or away; the gateway goes on without them.',
    labels: {
      signal: closed('What was lost.', 'traces', 'logs'),
      reason: closed('Why it was lost.', 'queue_full', 'export_failed'),
    },
    zero: [
      ['traces', 'queue_full'],
      ['traces', 'export_failed'],
      ['logs', 'queue_full'],
    ],
  },
  draining: {
    name: 'waybill_draining',
    type: 'gauge',
    unit: '-',
    help: '1 while this node shuts down and sends its connections elsewhere.',
    labels: {},
  },
  drainRemaining: {
    name: 'waybill_drain_remaining_connections',
    type: 'gauge',
    unit: 'connections',
    help: 'Connections that are still to be closed while this node drains; 0 otherwise.',
    labels: {},
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
