import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Config } from '../../config/config.js';
import type { GatewayCounts } from '../../messaging/gateway-control.js';
import { OVERVIEW_NAMES, type OverviewName } from '../../protocol/overview-sample.js';
import { Health, type NodePhase } from '../health/health.js';
import { Metrics } from '../metrics/metrics.js';
import { OverviewSampler } from './overview-sampler.js';

const COUNTS: GatewayCounts = {
  connections: 3,
  authenticating: 0,
  queuedBytes: 70,
  maxQueuedBytes: 50,
  oldestQueuedMs: 9,
  slow: 2,
  subscriptions: 4,
};

let metrics: Metrics;
let phase: NodePhase;
let sampler: OverviewSampler;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  metrics = new Metrics(Config.from({}, { messaging: { namespaces: { chat: {} } } }));
  phase = 'ready';
  sampler = new OverviewSampler({
    metrics,
    gateway: { counts: () => COUNTS },
    database: { pool: { total: 5, idle: 0, waiting: 6 } },
    health: new Health(() => phase),
  });
});
afterEach(() => {
  vi.useRealTimers();
});

function after(seconds: number): Readonly<Record<OverviewName, number>> {
  vi.advanceTimersByTime(seconds * 1_000);
  const numbers = sampler.take();
  return Object.fromEntries(OVERVIEW_NAMES.map((name, place) => [name, numbers[place]])) as Record<OverviewName, number>;
}

describe('a sample', () => {
  it('has the gauges as they are', () => {
    expect(after(1)).toMatchObject({ connections: 3, queued_bytes: 70, slow_connections: 2, database_pool_waiting: 6, ready: 1 });
    phase = 'draining';
    expect(after(1)).toMatchObject({ ready: 0 });
  });

  it('has rates since the one before, whatever the time between', () => {
    metrics.series.publishes.of('rest', 'chat', 'OK').add(10);
    metrics.series.publishes.of('socket', 'other', 'OK').add(10);
    metrics.series.publishes.of('socket', 'chat', 'PERMISSION_DENIED').add(4);
    metrics.series.deliveries.of('chat', 'written').add(100);
    metrics.series.deliveries.of('chat', 'dropped').add(6);
    metrics.series.connectionsOpened.of().add(8);
    metrics.series.connectionsClosed.of('client', 'normal').add(2);
    expect(after(2)).toMatchObject({
      publishes_per_s: 10,
      refused_publishes_per_s: 2,
      deliveries_per_s: 50,
      dropped_per_s: 3,
      connects_per_s: 4,
      disconnects_per_s: 1,
    });
    expect(after(1)).toMatchObject({ publishes_per_s: 0, deliveries_per_s: 0, connects_per_s: 0 });
  });

  it('shows nothing of what the node writes for itself', () => {
    for (const namespace of ['$ops', '$canary', '$probe']) {
      metrics.series.publishes.of('system', namespace, 'OK').add(10);
      metrics.series.deliveries.of(namespace, 'written').add(10);
      metrics.series.deliveryLatency.of(namespace).observe(1);
    }
    expect(after(1)).toMatchObject({ publishes_per_s: 0, deliveries_per_s: 0, p99_ms: NaN });
  });

  it('has the latency of the last ten seconds, and none where nothing was delivered', () => {
    expect(after(1)).toMatchObject({ p50_ms: NaN, p99_ms: NaN, bus_lag_ms: NaN });
    const latency = metrics.series.deliveryLatency.of('chat');
    for (let message = 0; message < 90; message += 1) latency.observe(0.004);
    for (let message = 0; message < 10; message += 1) latency.observe(0.09);
    metrics.series.busLag.of().observe(0.02);
    const first = after(1);
    expect(first.p50_ms).toBeGreaterThan(2.5);
    expect(first.p50_ms).toBeLessThanOrEqual(5);
    expect(first.p99_ms).toBeGreaterThan(50);
    expect(first.p99_ms).toBeLessThanOrEqual(100);
    expect(first.bus_lag_ms).toBeGreaterThan(10);
    expect(first.bus_lag_ms).toBeLessThanOrEqual(25);
    for (let second = 0; second < 9; second += 1) expect(after(1).p50_ms).toBe(first.p50_ms);
    expect(after(1)).toMatchObject({ p50_ms: NaN, p99_ms: NaN, bus_lag_ms: NaN });
  });
});
