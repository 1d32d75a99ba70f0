import { type Span, TraceFlags } from '@opentelemetry/api';
import type { Counter, Gauge, Histogram } from 'prom-client';

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
    if (amount > 0 && amount <= Number.MAX_SAFE_INTEGER) this.count += amount;
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
  private readonly bound: Gauge.Internal<string>;
  private state = 0;

  constructor(gauge: Gauge<string>, labels: Readonly<Record<string, string>>) {
    this.bound = gauge.labels({ ...labels });
    this.bound.set(0);
  }

  set(value: number): void {
    this.state = Number.isFinite(value) ? value : this.state;
    this.bound.set(this.state);
  }

  add(amount: number): void {
    this.set(this.state + amount);
  }

  get value(): number {
    return this.state;
  }
}

/** Observations of one series; traced ones leave their trace behind as an exemplar. */
export class HistogramCell {
  private readonly bound: Histogram.Internal<string>;

  constructor(
    private readonly histogram: Histogram<string>,
    private readonly labels: Readonly<Record<string, string>>,
    private readonly exemplars: boolean,
  ) {
    histogram.zero({ ...labels });
    this.bound = histogram.labels({ ...labels });
  }

  /** Clocks of two machines differ, so what seems negative is 0. */
  observe(value: number, span?: Span): void {
    if (!Number.isFinite(value)) return;
    const observed = Math.max(0, value);
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
