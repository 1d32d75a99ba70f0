import type { GatewayControl } from '../../messaging/gateway-control.js';
import { OVERVIEW_NAMES, type OverviewName } from '../../protocol/overview-sample.js';
import type { DatabaseHealth } from '../../storage/database-health.js';
import type { Health } from '../health/health.js';
import { DELIVERY_SECONDS, LATENCY_SECONDS } from '../metrics/buckets.js';
import type { Metrics } from '../metrics/metrics.js';
import { BucketWindow } from './bucket-window.js';
import { isOwnTraffic } from './own-traffic.js';
import { RuntimeGauges } from './runtime-gauges.js';
import { type TrafficCounts, TrafficCounters } from './traffic-counters.js';

const MS_PER_SECOND = 1_000;
const MEDIAN = 0.5;
const P99 = 0.99;

/** Where the numbers are read. */
export interface OverviewSources {
  readonly metrics: Metrics;
  readonly gateway: Pick<GatewayControl, 'counts'>;
  /** Undefined: this program has none. */
  readonly database: Pick<DatabaseHealth, 'pool'> | undefined;
  readonly health: Pick<Health, 'known'>;
}

/** Makes the numbers of one sample: gauges as they are, counters as rates since the sample before. */
export class OverviewSampler {
  private readonly counters: TrafficCounters;
  private readonly runtime = new RuntimeGauges();
  private readonly delivery: BucketWindow;
  private readonly bus: BucketWindow;
  private before: TrafficCounts;
  private at = performance.now();

  constructor(private readonly sources: OverviewSources) {
    const { metrics } = sources;
    this.counters = new TrafficCounters(metrics);
    this.before = this.counters.read();
    const cells = metrics.namespaces.filter((name) => !isOwnTraffic(name)).map((name) => metrics.series.deliveryLatency.of(name));
    this.delivery = new BucketWindow(DELIVERY_SECONDS, (into) => cells.forEach(({ counts }) => add(counts, into)));
    const busLag = metrics.series.busLag.of();
    this.bus = new BucketWindow(LATENCY_SECONDS, (into) => add(busLag.counts, into));
    this.delivery.look([]);
    this.bus.look([]);
  }

  start(): void {
    this.runtime.start();
  }

  stop(): void {
    this.runtime.stop();
  }

  /** In the order of `OVERVIEW_NAMES`; NaN where a number is not known. */
  take(): Float64Array {
    const { gateway, database, health } = this.sources;
    const counts = gateway.counts();
    const runtime = this.runtime.look();
    const [p50 = NaN, p99 = NaN] = this.delivery.look([MEDIAN, P99]);
    const [busLag = NaN] = this.bus.look([P99]);
    const numbers: Readonly<Record<OverviewName, number>> = {
      connections: counts.connections,
      ...this.rates(),
      p50_ms: p50,
      p99_ms: p99,
      queued_bytes: counts.queuedBytes,
      slow_connections: counts.slow,
      loop_delay_p99_ms: runtime.loopDelayP99Ms,
      loop_utilization: runtime.loopUtilization,
      cpu_share: runtime.cpuShare,
      rss_bytes: runtime.rssBytes,
      heap_used_bytes: runtime.heapUsedBytes,
      bus_lag_ms: busLag,
      database_pool_waiting: database?.pool.waiting ?? 0,
      ready: health.known().status === 'ready' ? 1 : 0,
    };
    return Float64Array.from(OVERVIEW_NAMES, (name) => numbers[name]);
  }

  private rates() {
    const now = performance.now();
    const seconds = (now - this.at) / MS_PER_SECOND;
    const counts = this.counters.read();
    const { before } = this;
    this.at = now;
    this.before = counts;
    const rate = (name: keyof TrafficCounts): number => (counts[name] - before[name]) / seconds;
    return {
      connects_per_s: rate('connects'),
      disconnects_per_s: rate('disconnects'),
      publishes_per_s: rate('publishes'),
      refused_publishes_per_s: rate('refused'),
      deliveries_per_s: rate('deliveries'),
      dropped_per_s: rate('dropped'),
    };
  }
}

function add(counts: readonly number[], into: Float64Array): void {
  for (let place = 0; place < into.length; place += 1) into[place] = (into[place] ?? 0) + (counts[place] ?? 0);
}
