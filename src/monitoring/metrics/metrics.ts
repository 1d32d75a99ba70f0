import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Config } from '../../config/config.js';
import { STORED_CANARY_NAMESPACE } from '../../protocol/topic-name.js';
import { packageVersion } from '../../config/package-version.js';
import { METRICS } from './catalogue.js';
import { CounterCell, GaugeCell, HistogramCell } from './cells.js';
import type { ExpositionFormat } from './exposition-format.js';
import { type MetricDefinition, OTHER } from './metric-definition.js';
import { processMetrics } from './process-metrics.js';
import { Series } from './series.js';
import type { MetricValues } from './summed-metrics.js';

type Catalogue = typeof METRICS;
type CellOf<Type extends MetricDefinition['type']> = Type extends 'counter'
  ? CounterCell
  : Type extends 'gauge'
    ? GaugeCell
    : HistogramCell;

/** Every metric of the catalogue, registered and bound: `metrics.series.publishes.of('rest', 'chat', 'OK').add(1)`. */
export class Metrics {
  readonly series: { readonly [Name in keyof Catalogue]: Series<CellOf<Catalogue[Name]['type']>> };
  /** The values of the label `namespace`. */
  readonly namespaces: readonly string[];
  private readonly own = new Registry(Registry.OPENMETRICS_CONTENT_TYPE);
  private readonly all: Registry;
  private readonly counters: CounterCell[] = [];
  private readonly collectors: (() => void)[] = [];

  constructor(config: Config) {
    const namespaces = Object.keys(config.messaging.namespaces).filter((name) => name !== 'default');
    this.namespaces = [...namespaces.filter((name) => name !== STORED_CANARY_NAMESPACE), OTHER];
    const bound = Object.entries(METRICS).map(([key, definition]) => [key, this.bind(definition, namespaces)]);
    this.series = Object.fromEntries(bound) as Metrics['series'];
    this.series.buildInfo.of(packageVersion, process.version).set(1);
    this.all = Registry.merge([this.own, processMetrics()]);
  }

  /** Calls work just before metrics are read; what it throws is its own fault and costs only its metrics. */
  beforeRead(collect: () => void): void {
    this.collectors.push(collect);
  }

  /** The metrics as OpenMetrics, with exemplars, or in the older text format of Prometheus. */
  async render(format: ExpositionFormat): Promise<string> {
    this.collect();
    return format === 'openmetrics' ? this.all.metrics() : this.renderPrometheusText();
  }

  /** The same numbers as values, to be added to those of other processes. */
  async values(): Promise<readonly MetricValues[]> {
    this.collect();
    return this.all.getMetricsAsJSON();
  }

  private collect(): void {
    for (const collector of this.collectors) {
      try {
        collector();
      } catch {
        // A part that is starting or closing has no numbers to give; the gauge keeps its last one.
      }
    }
    for (const cell of this.counters) cell.report();
  }

  /** A registry renders one format only and renames counters for it, so the older format is rendered from a copy of the values. */
  private async renderPrometheusText(): Promise<string> {
    const values = await this.all.getMetricsAsJSON();
    const named = values.map((metric) => ({
      ...metric,
      name: metric.type === 'counter' ? metric.name.replace(/(?:_total)?$/, '_total') : metric.name,
      aggregator: 'first' as const,
    }));
    return Registry.aggregate([named]).metrics();
  }

  private bind(definition: MetricDefinition, namespaces: readonly string[]): Series<CounterCell | GaugeCell | HistogramCell> {
    const options = { name: definition.name, help: definition.help, labelNames: Object.keys(definition.labels), registers: [this.own] };
    if (definition.type === 'counter') {
      const counter = new Counter(options);
      return new Series(definition, namespaces, (labels) => {
        const cell = new CounterCell(counter, labels);
        this.counters.push(cell);
        return cell;
      });
    }
    if (definition.type === 'gauge') {
      const gauge = new Gauge(options);
      const startsAbsent = options.labelNames.length === 0 && definition.zero?.length === 0;
      return new Series(definition, namespaces, (labels) => new GaugeCell(gauge, labels, startsAbsent));
    }
    const histogram = new Histogram({ ...options, buckets: [...definition.buckets], enableExemplars: definition.exemplars });
    return new Series(definition, namespaces, (labels) => new HistogramCell(histogram, labels, definition.exemplars, definition.buckets));
  }
}
