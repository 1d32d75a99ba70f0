import { DELIVERY_SECONDS } from '../metrics/buckets.js';
import type { Metrics } from '../metrics/metrics.js';
import { countedOf } from './counted.js';
import { quantile } from './quantile.js';
import { SnapshotRing } from './snapshot-ring.js';

/** Numbers of one window, by name. */
export interface Window {
  /** How long it really is; less than was asked for while the node is young. */
  readonly seconds: number;
  of(name: string): number;
}

export interface Latency {
  readonly messages: number;
  /** Milliseconds, read from a histogram: the truth lies in the same bucket. Null where there was no message. */
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
}

/** How the counters of this node rose over windows of up to six hours. */
export class CounterHistory {
  private readonly ring: SnapshotRing;
  private readonly places: ReadonlyMap<string, number>;

  constructor(metrics: Metrics, now?: () => number) {
    const { names, read } = countedOf(metrics);
    this.places = new Map(names.map((name, place) => [name, place]));
    this.ring = new SnapshotRing(read, now);
  }

  start(): void {
    this.ring.start();
  }

  stop(): void {
    this.ring.stop();
  }

  /** Keeps the numbers as they stand now. */
  take(): void {
    this.ring.take();
  }

  window(seconds: number): Window {
    const rise = this.ring.rise(seconds);
    return { seconds: rise.seconds, of: (name) => rise.values[this.places.get(name) ?? -1] ?? 0 };
  }

  latency(window: Window, namespace: string): Latency {
    const counts = [...DELIVERY_SECONDS, Infinity].map((_, place) => window.of(`${namespace} latency ${place}`));
    const messages = counts.reduce((sum, count) => sum + count, 0);
    return {
      messages,
      p50_ms: quantile(counts, messages, 0.5, DELIVERY_SECONDS),
      p99_ms: quantile(counts, messages, 0.99, DELIVERY_SECONDS),
    };
  }
}
