import { type MetricObjectWithValues, type MetricValueWithName, Registry } from 'prom-client';
import { METRICS } from './catalogue.js';
import type { ExpositionFormat } from './exposition-format.js';
import type { OverNodes } from './metric-definition.js';

/** One metric of one process with its values, as it crosses to another process. */
export type MetricValues = Pick<MetricObjectWithValues<MetricValueWithName<string>>, 'name' | 'help' | 'type' | 'values'>;

const WORKER_LABEL = 'worker';
const GAUGES: ReadonlyMap<string, OverNodes> = new Map(
  Object.values(METRICS).flatMap((definition) => (definition.type === 'gauge' ? [[definition.name, definition.overNodes] as const] : [])),
);
/** Gauges of the runtime that add up; of the others each process's own is what matters. */
const SUMMED_OF_RUNTIME = /_bytes$|_open_fds$|^nodejs_active_/;

/**
 * The metrics of several processes behind one port as one: counters and histograms are added up, gauges as the catalogue says, and what
 * cannot be one carries the label `worker`. What a process that ended had counted stays in the sums, so that they never fall.
 */
export class SummedMetrics {
  private readonly latest = new Map<string, readonly MetricValues[]>();
  private ended: readonly MetricValues[] = [];

  /** What a process has counted since its start. */
  put(worker: string, values: readonly MetricValues[]): void {
    this.latest.set(worker, values.map(baseNamed));
  }

  /** The process ended: what it had counted is kept, what it was is forgotten. */
  retire(worker: string): void {
    const counted = (this.latest.get(worker) ?? []).filter(({ type }) => type !== 'gauge');
    this.latest.delete(worker);
    this.ended = added([this.ended, counted]);
  }

  render(format: ExpositionFormat): Promise<string> {
    const parts = [...this.latest].map(([worker, values]) => values.map((metric) => labelled(metric, worker)));
    return rendered([this.ended, ...parts], format);
  }

  /** One process alone; undefined where nothing of it is known. */
  renderOne(worker: string, format: ExpositionFormat): Promise<string> | undefined {
    const values = this.latest.get(worker);
    return values === undefined ? undefined : rendered([values], format);
  }
}

function labelled(metric: MetricValues, worker: string): MetricValues {
  if (metric.type !== 'gauge' || overNodes(metric.name) !== 'alone') return metric;
  return { ...metric, values: metric.values.map((value) => ({ ...value, labels: { ...value.labels, [WORKER_LABEL]: worker } })) };
}

function overNodes(gauge: string): OverNodes {
  return GAUGES.get(gauge) ?? (SUMMED_OF_RUNTIME.test(gauge) ? 'sum' : 'alone');
}

function aggregatorOf({ name, type }: MetricValues): 'sum' | 'min' | 'max' {
  const over = type === 'gauge' ? overNodes(name) : 'sum';
  // Values that stand alone differ in their label, so that there is nothing to add.
  return over === 'alone' ? 'sum' : over;
}

function added(parts: readonly (readonly MetricValues[])[]): readonly MetricValues[] {
  const registry = aggregated(parts, Registry.PROMETHEUS_CONTENT_TYPE);
  return (registry.getMetricsAsArray() as unknown as readonly { get(): MetricValues }[]).map((metric) => metric.get());
}

function rendered(parts: readonly (readonly MetricValues[])[], format: ExpositionFormat): Promise<string> {
  if (format === 'openmetrics') return aggregated(parts, Registry.OPENMETRICS_CONTENT_TYPE).metrics();
  // The older format adds no suffix by itself.
  const named = parts.map((part) =>
    part.map((metric) => (metric.type === 'counter' ? { ...metric, name: `${metric.name}_total` } : metric)),
  );
  return aggregated(named, Registry.PROMETHEUS_CONTENT_TYPE).metrics();
}

/** A registry that has rendered OpenMetrics names its counters without their suffix, and before that with it. */
function baseNamed(metric: MetricValues): MetricValues {
  return metric.type === 'counter' ? { ...metric, name: metric.name.replace(/_total$/, '') } : metric;
}

function aggregated(
  parts: readonly (readonly MetricValues[])[],
  format: typeof Registry.PROMETHEUS_CONTENT_TYPE | typeof Registry.OPENMETRICS_CONTENT_TYPE,
): Registry {
  const collect = (): void => undefined;
  const objects = parts.map((part) => part.map((metric) => ({ ...metric, collect, aggregator: aggregatorOf(metric) })));
  const registry: Registry = Registry.aggregate(objects);
  registry.setContentType(format);
  return registry;
}
