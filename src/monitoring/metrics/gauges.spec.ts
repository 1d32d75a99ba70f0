import { describe, expect, it } from 'vitest';
import { Config } from '../../config/config.js';
import { MemoryBroker } from '../../broker/memory-broker.js';
import { BusView } from '../../messaging/bus-view.js';
import { Health, type NodePhase } from '../health/health.js';
import type { PartCheck } from '../health/health-part.js';
import { Tracing } from '../tracing/tracing.js';
import { feedBusGauges, feedHealthGauges, feedTracingGauges } from './gauges.js';
import { Metrics } from './metrics.js';

async function linesOf(metrics: Metrics, name: string): Promise<readonly string[]> {
  return (await metrics.render('prometheus')).split('\n').filter((line) => line.startsWith(name));
}

describe('gauges', () => {
  it('tell the state of each part that there is, and whether the node is ready', async () => {
    const metrics = new Metrics(Config.from({}));
    const state = { phase: 'starting' as NodePhase, check: { state: 'ok' } as PartCheck };
    const health = new Health(() => state.phase);
    health.watch({ name: 'database', affects: 'what needs it', check: () => state.check });
    feedHealthGauges(metrics, health);
    expect(await linesOf(metrics, 'waybill_ready')).toEqual(['waybill_ready 0']);
    expect(await linesOf(metrics, 'waybill_health_state')).toEqual(['waybill_health_state{part="database"} 0']);
    state.phase = 'ready';
    state.check = { state: 'degraded' };
    expect(await linesOf(metrics, 'waybill_ready')).toEqual(['waybill_ready 1']);
    expect(await linesOf(metrics, 'waybill_health_state')).toEqual(['waybill_health_state{part="database"} 1']);
    state.check = { state: 'down', unready: true };
    expect(await linesOf(metrics, 'waybill_ready')).toEqual(['waybill_ready 0']);
    expect(await linesOf(metrics, 'waybill_health_state')).toEqual(['waybill_health_state{part="database"} 2']);
  });

  it('tell whether the bus can be reached', async () => {
    const metrics = new Metrics(Config.from({}));
    const broker = new MemoryBroker();
    feedBusGauges(metrics, new BusView(broker));
    const publish = 'waybill_bus_connected{role="publish"}';
    const subscribe = 'waybill_bus_connected{role="subscribe"}';
    expect(await linesOf(metrics, 'waybill_bus_connected')).toEqual([`${publish} 1`, `${subscribe} 0`]);
    broker.listen(() => undefined);
    expect(await linesOf(metrics, 'waybill_bus_connected')).toEqual([`${publish} 1`, `${subscribe} 1`]);
    await broker.close();
    expect(await linesOf(metrics, 'waybill_bus_connected')).toEqual([`${publish} 0`, `${subscribe} 0`]);
  });

  it('tell how many spans wait for a collector, and how many traces were begun', async () => {
    const config = Config.from({ WAYBILL_TRACE_RATIO: '1', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    const [metrics, tracing] = [new Metrics(config), new Tracing(config)];
    feedTracingGauges(metrics, tracing);
    const begin = () => tracing.root('message', () => ({ name: 'publish x', kind: 1 }));
    begin()?.end();
    begin();
    tracing.rootWithId('connection', { name: 'GET', kind: 1 }).end();
    expect(await linesOf(metrics, 'waybill_telemetry_queue_spans')).toEqual(['waybill_telemetry_queue_spans 2']);
    for (let read = 0; read < 2; read += 1) {
      expect(await linesOf(metrics, 'waybill_traces_sampled_total')).toEqual([
        'waybill_traces_sampled_total{root="connection"} 1',
        'waybill_traces_sampled_total{root="command"} 0',
        'waybill_traces_sampled_total{root="message"} 2',
      ]);
    }
    await tracing.shutdown();
  });
});
