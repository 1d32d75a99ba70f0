import { DEFAULT_METRICS, METRICS } from '../monitoring/metrics/catalogue.js';
import type { LabelDefinition, MetricDefinition } from '../monitoring/metrics/metric-definition.js';
import { code, markdownTable } from './markdown-table.js';

const INTRODUCTION = `# Metrics

Served on the operators' port at \`/metrics\`, as OpenMetrics with exemplars where the scraper asks for it, else as Prometheus text.
No label ever holds a user, a connection, a topic or an address. Counters end in \`_total\`. All times are in seconds.`;

/** docs/metrics.md: every metric of our own, from the table that registers them. */
export function metricsDocument(): string {
  const metrics: readonly MetricDefinition[] = Object.values(METRICS);
  const rows = metrics.map((metric) => [code(metric.name), metric.type, metric.unit, labels(metric), metric.help]);
  const table = markdownTable(['metric', 'type', 'unit', 'labels', 'meaning'], rows);
  return `${[INTRODUCTION, table, bucketSection(metrics), labelSection(metrics), runtimeSection()].join('\n\n')}\n`;
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
