import { DEFAULT_METRICS, METRICS } from '../monitoring/metrics/catalogue.js';
import type { LabelDefinition, MetricDefinition } from '../monitoring/metrics/metric-definition.js';
import { code, markdownTable } from './markdown-table.js';

const INTRODUCTION = `# Metrics

Served on the operators' port at \`/metrics\`, as OpenMetrics with exemplars where the scraper asks for it, else as Prometheus text.
No label ever holds a user, a connection, a topic or an address. Counters end in \`_total\`. All times are in seconds.

\`\`\`sh
curl -s http://127.0.0.1:9464/metrics                                                     # Prometheus text
curl -s -H 'accept: application/openmetrics-text' http://127.0.0.1:9464/metrics | grep trace_id  # with exemplars
\`\`\``;

const NODES = `## Several nodes

One node is one process, and each has its own \`/metrics\`: scrape every node, never through a load balancer. Nothing is added up inside the gateway, and no metric names
its node: the scraper's \`instance\` does. The column *over nodes* says what may be made of several:

| over nodes | | for example |
|---|---|---|
| \`sum\` | add them up; of counters and histograms the rates | \`sum without (instance) (rate(waybill_publishes_total[5m]))\` |
| \`max\`, \`min\` | the worst node speaks for all; a sum means nothing | \`min without (instance) (waybill_ready)\` |
| \`alone\` | look at each: a sum counts the same thing twice, or lets two wrongs cancel out | \`waybill_delivery_imbalance != 0\` |

A quantile over all nodes is made of their added buckets, never of their quantiles:
\`histogram_quantile(0.99, sum by (le) (rate(waybill_delivery_latency_seconds_bucket[5m])))\`. The quantiles that the runtime computes itself
(\`nodejs_eventloop_lag_p99_seconds\`) are \`max\`. A message that subscribers of three nodes got is counted once as published, and once on each of the three in \`waybill_delivery_latency_seconds\` and
\`waybill_bus_lag_seconds\`; \`waybill_deliveries_total\` counts connections and adds up. Publishes by SQL are counted by one node for all.

A node has about 1,200 series, 30 more for each configured namespace and 10 for each REST route and class of status that was used; topics, users and connections
make none.`;

/** docs/metrics.md: every metric of our own, from the table that registers them. */
export function metricsDocument(): string {
  const metrics: readonly MetricDefinition[] = Object.values(METRICS);
  const rows = metrics.map((metric) => [code(metric.name), metric.type, overNodes(metric), metric.unit, labels(metric), metric.help]);
  const table = markdownTable(['metric', 'type', 'over nodes', 'unit', 'labels', 'meaning'], rows);
  return `${[INTRODUCTION, NODES, `## All of them\n\n${table}`, bucketSection(metrics), labelSection(metrics), runtimeSection()].join('\n\n')}\n`;
}

/** Counters and histograms only ever rise and are added up. */
function overNodes(metric: MetricDefinition): string {
  return metric.type === 'gauge' ? metric.overNodes : 'sum';
}

function labels(metric: MetricDefinition): string {
  return Object.keys(metric.labels).map(code).join(', ') || '–';
}

function bucketSection(metrics: readonly MetricDefinition[]): string {
  const rows = metrics.flatMap((metric) =>
    metric.type === 'histogram' ? [[code(metric.name), metric.buckets.join(', '), metric.exemplars ? 'yes' : 'no']] : [],
  );
  return `## Buckets\n\n${markdownTable(['histogram', 'upper edges', 'exemplars'], rows)}`;
}

function labelSection(metrics: readonly MetricDefinition[]): string {
  const rows = metrics.flatMap((metric) =>
    Object.entries(metric.labels).map(([name, label]) => [code(metric.name), code(name), values(label), label.meaning]),
  );
  return `## Labels\n\n${markdownTable(['metric', 'label', 'values', 'meaning'], rows)}`;
}

function values({ values: { kind, ...rest } }: LabelDefinition): string {
  if (kind === 'namespaces') return 'configured namespaces, `other`';
  const known = 'values' in rest ? rest.values.map(code).join(', ') : '';
  return kind === 'closed' ? known : `${known === '' ? '' : `${known}, and `}what the program's code declares`;
}

function runtimeSection(): string {
  return `## Of the runtime\n\n${DEFAULT_METRICS.map(({ prefix, help }) => `- \`${prefix}*\`: ${help}`).join('\n')}`;
}
