import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Config } from '../../config/config.js';
import { METRICS } from './catalogue.js';
import { OPERATOR_ACTIONS } from './label-values.js';
import { Metrics } from './metrics.js';
import { Tracing } from '../tracing/tracing.js';

const OBJECTIVES = [
  { metric: METRICS.handshakeDuration, seconds: 1 },
  { metric: METRICS.deliveryLatency, seconds: 0.25 },
  { metric: METRICS.httpRequestDuration, seconds: 0.3 },
] as const;

describe('Metrics', () => {
  const metrics = new Metrics(Config.from({}));

  it('has every threshold of an objective as an edge', () => {
    for (const { metric, seconds } of OBJECTIVES) expect(metric.buckets, metric.name).toContain(seconds);
  });

  it('stays under 2,000 series, with many namespaces too', async () => {
    const namespaces = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`ns${index}`, {}]));
    const series = async (config: Config) =>
      (await new Metrics(config).render('prometheus')).split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
    expect(await series(Config.from({}))).toBeLessThan(1_200);
    expect(await series(Config.from({}, { messaging: { namespaces } }))).toBeLessThan(1_900);
  });

  it('initialises its label sets at zero, so that the first event is a rise', async () => {
    const lines = (await metrics.render('prometheus')).split('\n');
    for (const line of [
      'waybill_handshakes_total{result="UNAUTHENTICATED"} 0',
      'waybill_publishes_total{source="socket",namespace="$user",result="UNAVAILABLE"} 0',
      'waybill_connections_closed_total{initiator="server",reason="slow consumer"} 0',
      'waybill_commands_total{action="topic.subscribe",result="PERMISSION_DENIED"} 0',
      'waybill_telemetry_dropped_total{signal="traces",reason="export_failed"} 0',
      'waybill_delivery_latency_seconds_bucket{le="0.25",namespace="other"} 0',
    ]) {
      expect(lines).toContain(line);
    }
  });

  it('speaks both formats, whichever is asked first', async () => {
    const own = new Metrics(Config.from({}));
    own.series.receivedBytes.of().add(5);
    for (let round = 0; round < 2; round += 1) {
      const openMetrics = await own.render('openmetrics');
      expect(openMetrics).toContain('# TYPE waybill_received_bytes counter\nwaybill_received_bytes_total 5\n');
      expect(openMetrics.endsWith('# EOF\n')).toBe(true);
      const text = await own.render('prometheus');
      expect(text).toContain('# TYPE waybill_received_bytes_total counter\nwaybill_received_bytes_total 5\n');
      expect(text).not.toContain('# EOF');
    }
  });

  it('leaves the trace on the bucket of a traced observation, and on no other', async () => {
    const own = new Metrics(Config.from({}));
    const traced = new Tracing(Config.from({ WAYBILL_TRACE_RATIO: '1' })).rootWithId('connection', { name: 'GET', kind: 1 });
    const untraced = new Tracing(Config.from({ WAYBILL_TRACE_RATIO: '0', WAYBILL_TRACE_RATE: '0' })).rootWithId('connection', {
      name: 'GET',
      kind: 1,
    });
    own.series.handshakeDuration.of().observe(0.2, traced);
    own.series.handshakeDuration.of().observe(0.9, untraced);
    const lines = (await own.render('openmetrics')).split('\n').filter((line) => line.startsWith('waybill_handshake_duration_seconds'));
    const { traceId, spanId } = traced.spanContext();
    expect(lines.filter((line) => line.includes(' # {'))).toEqual([
      expect.stringContaining(`waybill_handshake_duration_seconds_bucket{le="0.25"} 1 # {trace_id="${traceId}",span_id="${spanId}"} 0.2 `),
    ]);
    expect(lines).toContain('waybill_handshake_duration_seconds_count 2');
    expect(await own.render('prometheus')).not.toContain('# {');
  });

  it('goes on where a collector of gauges throws', async () => {
    const own = new Metrics(Config.from({}));
    own.beforeRead(() => {
      throw new Error('not yet');
    });
    own.series.sentBytes.of().add(1);
    expect(await own.render('prometheus')).toContain('waybill_sent_bytes_total 1\n');
  });

  it('includes the process and the runtime, with the utilisation of the event loop', async () => {
    const text = await metrics.render('prometheus');
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'process_start_time_seconds',
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_eventloop_utilization_histogram_bucket',
      'nodejs_heap_size_used_bytes',
      'nodejs_version_info',
    ]) {
      expect(text).toMatch(new RegExp(`^${name}[ {]`, 'm'));
    }
    // Node ends the process where the object of a handle that it lists was collected.
    expect(text).not.toMatch(/nodejs_active_(?:handles|requests)/);
  });

  it('has no date of a certificate where there is none', async () => {
    const metrics = new Metrics(Config.from({}));
    const dates = async () =>
      (await metrics.render('prometheus')).split('\n').filter((line) => line.startsWith('waybill_tls_certificate_expiry'));
    expect(await dates()).toEqual([]);
    metrics.series.certificateExpiry.of().set(1_800_000_000);
    expect(await dates()).toEqual(['waybill_tls_certificate_expiry_timestamp_seconds 1800000000']);
  });

  it('knows every action of operators that a route declares', async () => {
    const names = new Set<string>();
    for await (const file of glob('src/**/*.ts')) {
      if (file.endsWith('.spec.ts')) continue;
      for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/\baudit: '([a-z_.]+)'/g)) names.add(name);
    }
    expect([...names].sort()).toEqual([...OPERATOR_ACTIONS]);
  });

  it('gives every metric a help sentence, a unit where there is one, and documented labels', () => {
    for (const metric of Object.values(METRICS)) {
      expect(metric.help, metric.name).toMatch(/^[A-Z0-9].{20,}\.$/s);
      expect(metric.name, metric.name).toMatch(/^(waybill_|http_server_)[a-z_]+$/);
      if (metric.type === 'counter') expect(metric.name).toMatch(/_total$/);
      if (metric.unit === 'seconds' || metric.unit === 'bytes') expect(metric.name).toMatch(new RegExp(`_${metric.unit}(_total)?$`));
      for (const label of Object.values(metric.labels)) expect(label.meaning).not.toBe('');
    }
  });
});
