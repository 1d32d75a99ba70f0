const SERIES = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Names of metrics as they are scraped, each with its labels and the values that these have. */
export type Exposition = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

/** Reads the Prometheus text format. A metric without a series yet is there by its TYPE line, without labels. */
export function readExposition(text: string): Exposition {
  const metrics = new Map<string, Map<string, Set<string>>>();
  const labelsOf = (metric: string): Map<string, Set<string>> => {
    const labels = metrics.get(metric) ?? new Map<string, Set<string>>();
    metrics.set(metric, labels);
    return labels;
  };
  for (const line of text.split('\n')) {
    const [, declared, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (declared !== undefined)
      for (const suffix of type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']) labelsOf(`${declared}${suffix}`);
    const [, metric, written = ''] = SERIES.exec(line) ?? [];
    if (metric === undefined) continue;
    const labels = labelsOf(metric);
    for (const [, label = '', value = ''] of written.matchAll(LABEL)) labels.set(label, (labels.get(label) ?? new Set()).add(value));
  }
  return metrics;
}
