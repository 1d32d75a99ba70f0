import { type Board, series, tile } from '../board.ts';
import { LIMITS } from '../limits.ts';
import { growth, max, own, rate, sum } from '../query.ts';

const COLLECTOR = 'job="otel-collector"';
const collector = (metric: string): string => `${metric}{${COLLECTOR}}`;
const collectorRate = (metric: string): string => `rate(${collector(metric)}[$__rate_interval])`;

/** Each appears with its first loss, so it is nought until then. */
const LOST = [
  'otelcol_receiver_refused_spans_total',
  'otelcol_exporter_send_failed_spans_total',
  'otelcol_exporter_enqueue_failed_spans_total',
];

export const TELEMETRY: Board = {
  name: 'waybill-telemetry',
  title: 'Telemetry health',
  description: 'Can the other dashboards be believed: what of spans, logs and metrics gets lost, and where.',
  rows: [
    {
      title: 'Golden signals',
      panels: [
        tile({
          title: 'Scraped',
          says: 'Share of the gateway’s nodes that Prometheus can scrape. What is not scraped is missing on every dashboard.',
          action: 'Below 100 %: is the process there, and is its operators’ port (9464) reachable from Prometheus?',
          unit: 'percentunit',
          decimals: 0,
          w: 4,
          queries: [{ expr: `avg(${own('up')})`, legend: 'up' }],
        }),
        tile({
          title: 'Lost by the gateway',
          says: 'Spans and log lines in a second that the gateway gave up because their receiver is slow or away. The gateway goes on without them.',
          action: 'traces: look at the collector below. logs: whatever reads the standard output of the process is too slow.',
          unit: 'cps',
          w: 4,
          limit: LIMITS.telemetryDropped,
          queries: [{ expr: sum(rate('waybill_telemetry_dropped_total')), legend: 'lost' }],
        }),
        tile({
          title: 'Spans that wait',
          says: 'Spans that wait to be sent, on the worst node; at 8,192 the next ones are dropped.',
          action: 'Growing: the collector is slow or away. It is harmless to clients; see the collector below.',
          unit: 'short',
          past: true,
          w: 4,
          queries: [{ expr: `max(${own('waybill_telemetry_queue_spans')})`, legend: 'waiting' }],
        }),
        tile({
          title: 'Lost by the collector',
          says: 'Spans in a second that the collector refused, could not send, or had no room for.',
          action: 'refused: its memory limit. Not sent: Jaeger is away. No room: its queue is full; see the row "Collector".',
          unit: 'cps',
          w: 4,
          limit: LIMITS.collectorDropping,
          queries: [
            {
              expr: LOST.map((metric) => `(sum(${collectorRate(metric)}) or vector(0))`).join(' + '),
              legend: 'lost',
            },
          ],
        }),
        tile({
          title: 'Traces begun',
          says: 'Traces begun in a second, of handshakes, commands and messages.',
          action:
            'Too many for the collector or too few to find one: monitoring.traceRatio and monitoring.traceRate change it at run time (`waybill settings`).',
          unit: 'cps',
          w: 4,
          past: true,
          queries: [{ expr: sum(rate('waybill_traces_sampled_total')), legend: 'begun' }],
        }),
        tile({
          title: 'Probes',
          says: 'Probes of operators that run: watches of one user, topic or connection.',
          action: 'Each ends by itself. `waybill probes` lists them, and ends those that nobody needs any more.',
          unit: 'short',
          w: 4,
          queries: [{ expr: sum(own('waybill_probes_active')), legend: 'probes' }],
        }),
        series({
          title: 'Lost by the gateway, by reason',
          says: 'Spans and log lines given up: the queue was full, or sending them failed.',
          action:
            'export_failed: the collector answers with errors or not at all. queue_full: it is too slow, or monitoring.traceRatio too high.',
          unit: 'cps',
          stacked: true,
          limit: LIMITS.telemetryDropped,
          queries: [{ expr: sum(rate('waybill_telemetry_dropped_total'), 'signal', 'reason'), legend: '{{signal}} {{reason}}' }],
        }),
        series({
          title: 'Traces begun by root',
          says: 'Traces by what began them: connection (handshakes, closes, REST), command, message.',
          action: 'connection is bounded by monitoring.traceRate, the others are a share by monitoring.traceRatio.',
          unit: 'cps',
          stacked: true,
          queries: [{ expr: sum(rate('waybill_traces_sampled_total'), 'root'), legend: '{{root}}' }],
        }),
      ],
    },
    {
      title: 'Gateway',
      panels: [
        series({
          title: 'Spans that wait by node',
          says: 'Spans in the queue to the collector, on each node.',
          action: 'On one node alone: its network to the collector. On all: the collector.',
          unit: 'short',
          w: 8,
          queries: [{ expr: max(own('waybill_telemetry_queue_spans'), 'instance'), legend: '{{instance}}' }],
        }),
        series({
          title: 'Events of probes',
          says: 'Events that probes recorded, and such beyond their rate that were only counted (skipped).',
          action:
            'Skipped: the probe watches too much. Narrow it to one topic or connection; WAYBILL_PROBES_EVENTS_PER_SECOND is its rate.',
          unit: 'cps',
          w: 8,
          queries: [{ expr: sum(rate('waybill_probe_events_total'), 'result'), legend: '{{result}}' }],
        }),
        series({
          title: 'Canary skipped',
          says: 'Rounds of the canary that did not take place, because the node was full or shutting down.',
          action: 'For long: the canary says nothing meanwhile, and its objective neither. Make room on the node.',
          unit: 'short',
          w: 8,
          queries: [{ expr: sum(growth('waybill_canary_runs_total', 'result="skipped"'), 'path'), legend: '{{path}}' }],
        }),
        series({
          title: 'Scrape duration',
          says: 'Time that Prometheus needed to read the metrics of each node. They are written on the event loop.',
          action: 'Rising with the number of series: see beside. Rising alone: the event loop is busy.',
          unit: 's',
          queries: [{ expr: own('scrape_duration_seconds'), legend: '{{instance}}' }],
        }),
        series({
          title: 'Series by node',
          says: 'Series that a scrape of each node brought. Under 2,000 by default; namespaces and routes add to them.',
          action: 'If it grows by itself, a label is not as closed as it should be: compare two outputs of /metrics, and report it.',
          unit: 'short',
          queries: [{ expr: own('scrape_samples_scraped'), legend: '{{instance}}' }],
        }),
      ],
    },
    {
      title: 'Collector',
      panels: [
        series({
          title: 'Collector: spans in and out',
          says: 'Spans that the collector took and that it sent on. Tail sampling makes the second smaller.',
          action: 'Nothing taken: the gateways do not reach it. Taken and not sent: Jaeger, or the sampling policies.',
          unit: 'cps',
          w: 8,
          queries: [
            { expr: `sum(${collectorRate('otelcol_receiver_accepted_spans_total')})`, legend: 'taken' },
            { expr: `sum by (exporter) (${collectorRate('otelcol_exporter_sent_spans_total')})`, legend: 'sent to {{exporter}}' },
          ],
        }),
        series({
          title: 'Collector: lost spans',
          says: 'Spans refused because of the memory limit, not sent, or not queued because the queue was full.',
          action:
            'refused: give it memory, or lower monitoring.traceRatio. Failed: look whether Jaeger answers. Not queued: a larger sending_queue.',
          unit: 'cps',
          w: 8,
          limit: LIMITS.collectorDropping,
          queries: [
            { expr: `sum(${collectorRate('otelcol_receiver_refused_spans_total')})`, legend: 'refused' },
            { expr: `sum(${collectorRate('otelcol_exporter_send_failed_spans_total')})`, legend: 'not sent' },
            { expr: `sum(${collectorRate('otelcol_exporter_enqueue_failed_spans_total')})`, legend: 'not queued' },
          ],
        }),
        series({
          title: 'Collector: queue',
          says: 'Share of the collector’s queue to each receiver that is in use.',
          action: 'Full for long: what comes next is lost. The receiver behind that exporter is slow or away.',
          unit: 'percentunit',
          max: 1,
          w: 8,
          queries: [
            {
              expr: `${collector('otelcol_exporter_queue_size')} / ${collector('otelcol_exporter_queue_capacity')}`,
              legend: '{{exporter}}',
            },
          ],
        }),
        series({
          title: 'Collector: memory',
          says: 'Resident memory of the collector. At its memory limit it refuses spans.',
          action: 'Near the limit: less tail sampling (num_traces, decision_wait), or more memory.',
          unit: 'bytes',
          queries: [{ expr: collector('otelcol_process_memory_rss_bytes'), legend: '{{instance}}' }],
        }),
        series({
          title: 'Span metrics: calls by span',
          says: 'Spans by name, counted by the collector before sampling, as a check of the gateway’s own counts.',
          action: 'If it differs much from the gateway’s rates, spans are lost on the way: see the panels above.',
          unit: 'cps',
          table: true,
          queries: [{ expr: 'sum by (span_name) (rate(traces_span_metrics_calls_total[$__rate_interval]))', legend: '{{span_name}}' }],
        }),
        series({
          title: 'Span metrics: duration p99 by span',
          says: 'Duration of spans by name, as the collector sees them.',
          action: 'The span that grows is the step that is slow: open its traces in Jaeger.',
          unit: 's',
          table: true,
          traces: true,
          w: 24,
          queries: [
            {
              expr: 'histogram_quantile(0.99, sum by (le, span_name) (rate(traces_span_metrics_duration_seconds_bucket[$__rate_interval])))',
              legend: '{{span_name}}',
            },
          ],
        }),
      ],
    },
  ],
};
