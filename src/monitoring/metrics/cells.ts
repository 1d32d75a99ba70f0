import { type Span, TraceFlags } from '@opentelemetry/api';
import type { Counter, Gauge, Histogram } from 'prom-client';

const MS_PER_SECOND = 1_000;

/** Counts in a plain number; the metric learns of it when it is read. */
export class CounterCell {
  private count = 0;
  private reported = 0;

  constructor(
    private readonly counter: Counter<string>,
    private readonly labels: Readonly<Record<string, string>>,
  ) {
    counter.inc({ ...labels }, 0);
  }

  /** What is not a positive number, or more than can be counted, is not counted. */
  add(amount: number): void {
    if (Number.isFinite(amount) && amount > 0 && amount <= Number.MAX_SAFE_INTEGER) this.count += amount;
  }

  get value(): number {
    return this.count;
  }

  report(): void {
    if (this.count === this.reported) return;
    this.counter.inc({ ...this.labels }, this.count - this.reported);
    this.reported = this.count;
  }
}

/** A state, as it is when the metric is read. */
export class GaugeCell {
  private bound: Gauge.Internal<string> | undefined;
  private state = 0;

  /** @param startsAbsent it is not there until it is first set, rather than 0. */
  constructor(
    private readonly gauge: Gauge<string>,
    private readonly labels: Readonly<Record<string, string>>,
    startsAbsent = false,
  ) {
    // A gauge without labels is there as soon as it is declared.
    if (startsAbsent) gauge.remove();
    else this.set(0);
  }

  set(value: number): void {
    this.state = Number.isFinite(value) ? value : this.state;
    this.bound ??= this.gauge.labels({ ...this.labels });
    this.bound.set(this.state);
  }

  /** A time told in milliseconds; metrics are in seconds. */
  setMs(value: number): void {
    if (Number.isFinite(value)) this.set(value / MS_PER_SECOND);
  }

  add(amount: number): void {
    if (Number.isFinite(amount)) this.set(this.state + amount);
  }

  get value(): number {
    return this.state;
  }
}

/** Observations of one series; traced ones leave their trace behind as an exemplar. */
export class HistogramCell {
  private readonly bound: Histogram.Internal<string>;
  /** Observations in each bucket, not summed up; the last place is for those above every edge. */
  readonly counts: number[];

  constructor(
    private readonly histogram: Histogram<string>,
    private readonly labels: Readonly<Record<string, string>>,
    private readonly exemplars: boolean,
    /** Upper edges, rising. */
    readonly edges: readonly number[],
  ) {
    this.counts = Array.from({ length: edges.length + 1 }, () => 0);
    histogram.zero({ ...labels });
    this.bound = histogram.labels({ ...labels });
  }

  /** A time told in milliseconds; metrics are in seconds. */
  observeMs(value: number, span?: Span): void {
    if (Number.isFinite(value)) this.observe(value / MS_PER_SECOND, span);
  }

  /** Clocks of two machines differ, so what seems negative is 0. */
  observe(value: number, span?: Span): void {
    if (!Number.isFinite(value)) return;
    const observed = Math.max(0, value);
    let place = 0;
    while (place < this.edges.length && observed > (this.edges[place] ?? Infinity)) place += 1;
    this.counts[place] = (this.counts[place] ?? 0) + 1;
    const context = this.exemplars ? span?.spanContext() : undefined;
    if (context === undefined || (context.traceFlags & TraceFlags.SAMPLED) === 0) {
      this.bound.observe(observed);
      return;
    }
    this.histogram.observe({
      labels: this.labels,
      value: observed,
      exemplarLabels: { trace_id: context.traceId, span_id: context.spanId },
    });
  }
}
