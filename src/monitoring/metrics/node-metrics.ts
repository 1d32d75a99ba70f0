import { REQUEST_SECONDS } from './buckets.js';
import { CANARY_HOPS, CANARY_PATHS } from '../canary/canary-result.js';
import {
  DRAIN_STATES,
  HEALTH_PARTS,
  HTTP_METHODS,
  HTTP_STATUSES,
  OPERATOR_ACTIONS,
  OPERATOR_RESULTS,
  TRACE_ROOTS,
} from './label-values.js';
import { closed, declared, type MetricDefinition } from './metric-definition.js';

/** REST, the node itself, and the telemetry's own losses. */
export const NODE_METRICS = {
  buildInfo: {
    name: 'waybill_build_info',
    type: 'gauge',
    overNodes: 'alone',
    unit: '-',
    help: 'Always 1; its labels say what runs here. More than one version at a time is a deploy under way, or one that was left half done.',
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
    help: 'Spans and log lines that were lost because their receiver was slow or away; the gateway goes on without them. Look at the collector for traces, at whatever reads standard output for logs.',
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
  telemetryQueue: {
    name: 'waybill_telemetry_queue_spans',
    type: 'gauge',
    overNodes: 'sum',
    unit: 'spans',
    help: 'Spans that wait to be sent to the collector; at 8,192 the next ones are dropped. When it grows the collector is slow or away. 0 where none is configured.',
    labels: {},
  },
  tracesSampled: {
    name: 'waybill_traces_sampled_total',
    type: 'counter',
    unit: 'traces',
    help: 'Traces that were begun here, by what began them. When they are too many or too few, monitoring.traceRatio and monitoring.traceRate change it at run time.',
    labels: {
      root: closed('`connection`: handshakes, closes and REST; `command`: frames; `message`: publishes from sockets.', ...TRACE_ROOTS),
    },
  },
  consoleActions: {
    name: 'waybill_console_actions_total',
    type: 'counter',
    unit: 'actions',
    help: 'Calls of routes that the audit trail records, by console, command line or REST; whoever made them stands in the trail. A rise of refused is somebody who tries what they may not; failed ones are ours. Signing in is waybill_operator_sign_ins_total.',
    labels: {
      action: declared('Name of the action in the audit trail.', ...OPERATOR_ACTIONS),
      result: closed('`refused`: not allowed, or not possible; `failed`: the gateway or what it needs.', ...OPERATOR_RESULTS),
    },
    zero: [['*', ['ok']]],
  },
  ready: {
    name: 'waybill_ready',
    type: 'gauge',
    overNodes: 'min',
    unit: '-',
    help: '1 while /readyz answers 200. At 0 this node is starting, draining, or cannot deliver to itself: its log and waybill_health_state say which.',
    labels: {},
  },
  healthState: {
    name: 'waybill_health_state',
    type: 'gauge',
    overNodes: 'max',
    unit: '-',
    help: 'State of each part of /readyz: 0 ok, 1 degraded, 2 down. /readyz itself has the sentence that says what is wrong, and since when.',
    labels: { part: declared('Part of the health report; those that this node has.', ...HEALTH_PARTS) },
    zero: [],
  },
  probesActive: {
    name: 'waybill_probes_active',
    type: 'gauge',
    overNodes: 'sum',
    unit: 'probes',
    help: 'Probes of operators that run on this node; while none does, they cost nothing.',
    labels: {},
  },
  probeEvents: {
    name: 'waybill_probe_events_total',
    type: 'counter',
    unit: 'events',
    help: 'Events that probes recorded, and those beyond their rate that they only counted (skipped). Where many are skipped, watch something narrower.',
    labels: { result: closed('Whether it was recorded.', 'recorded', 'skipped') },
  },
  canaryRoundTrip: {
    name: 'waybill_canary_round_trip_seconds',
    type: 'gauge',
    overNodes: 'max',
    unit: 'seconds',
    help: 'Last round trip of the canary from its publish to its socket; it keeps its last value while nothing comes back.',
    labels: { path: closed('Whether it went by way of the database.', ...CANARY_PATHS) },
  },
  canaryRuns: {
    name: 'waybill_canary_runs_total',
    type: 'counter',
    unit: 'runs',
    help: 'Runs of the canary by how they ended; skipped ones met a node that was full or stopping. The objective is 99.9 % of those that were tried.',
    labels: {
      path: closed('Whether it went by way of the database.', ...CANARY_PATHS),
      result: closed('How it ended.', 'ok', 'failed', 'skipped'),
    },
  },
  canaryFailures: {
    name: 'waybill_canary_failures_total',
    type: 'counter',
    unit: 'failures',
    help: 'Runs of the canary that did not come back, by the hop that broke; this node cannot deliver while it rises.',
    labels: { hop: closed('The first hop that failed.', ...CANARY_HOPS) },
  },
  draining: {
    name: 'waybill_draining',
    type: 'gauge',
    overNodes: 'max',
    unit: '-',
    help: '1 while this node lets nobody in: it shuts down, or an operator drains it. waybill_drain_state says which.',
    labels: {},
  },
  drainState: {
    name: 'waybill_drain_state',
    type: 'gauge',
    overNodes: 'sum',
    unit: '-',
    help: '1 for what the drain of this node is at; all 0 while it takes newcomers. One that stays `drained` is empty and waits to be stopped or taken back.',
    labels: {
      state: closed(
        '`running`: an operator sends connections away; `drained`: none is left; `stopping`: the process ends.',
        ...DRAIN_STATES,
      ),
    },
  },
  drainRemaining: {
    name: 'waybill_drain_remaining_connections',
    type: 'gauge',
    overNodes: 'sum',
    unit: 'connections',
    help: 'Connections that are still to be closed while this node drains; 0 otherwise. It falls steadily; where it does not, clients are too slow to take their leave and are cut off at the deadline.',
    labels: {},
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
