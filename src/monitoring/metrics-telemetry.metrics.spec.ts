import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Config } from '../config/config.js';
import type { ConnectionFacts, DeliverCounts, Telemetry } from '../telemetry/telemetry.js';
import { Log } from './logging/log.js';
import { METRICS } from './metrics/catalogue.js';
import { Metrics } from './metrics/metrics.js';
import { MetricsTelemetry } from './metrics-telemetry.js';
import { Refusals } from './refusals/refusals.js';
import { Tracing } from './tracing/tracing.js';

const CONNECTION: ConnectionFacts = { id: 'c', ref: 'R', user: 'alice', address: '127.0.0.1', client: undefined, handshake: undefined };

describe('metrics of MetricsTelemetry', () => {
  let metrics: Metrics;
  let telemetry: Telemetry;
  let lines: string[];

  beforeEach(() => {
    lines = [];
    const config = Config.from({ WAYBILL_TRACE_RATIO: '1', WAYBILL_NAMESPACES: '{"chat":{}}' });
    metrics = new Metrics(config);
    telemetry = new MetricsTelemetry(metrics, new Tracing(config), new Log(config, { write: (line) => lines.push(line) }), new Refusals(0));
  });

  /** Values of one metric by its labels, as a scrape shows them. */
  async function samples(name: string): Promise<Readonly<Record<string, number>>> {
    const text = await metrics.render('prometheus');
    const found = text.split('\n').flatMap((line) => {
      const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
      return match !== null && match[1] === name ? [[match[2] ?? '', Number(match[3])] as const] : [];
    });
    return Object.fromEntries(found);
  }

  function deliver(counts: DeliverCounts, namespace = 'chat'): void {
    const observation = telemetry.deliver({
      namespace,
      topic: `${namespace}.a`,
      seq: 1,
      msgId: 'm',
      trace: undefined,
      bytes: 10,
      acceptedAt: Date.now(),
    });
    observation.delivered(counts);
    observation.end('OK');
  }

  it('keeps the balance of deliveries: matched = written + dropped + queued + unconfirmed + not_written', async () => {
    const outcome = fc.constantFrom('written' as const, 'dropped' as const, 'not_written' as const, 'unconfirmed' as const);
    const count = fc.nat(50);
    let waiting = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(count, count, count, count), { maxLength: 20 }), fc.array(outcome), (messages, outcomes) => {
        for (const [written, queued, dropped, closed] of messages) {
          deliver({ matched: written + queued + dropped + closed, written, queued, dropped, notWritten: closed });
          waiting += queued;
        }
        for (const each of outcomes) {
          if (waiting === 0) break;
          telemetry.queuedOutcome('chat', each, 1);
          waiting -= 1;
        }
      }),
    );
    const of = async (result: string) => (await samples('waybill_deliveries_total'))[`namespace="chat",result="${result}"`] ?? Number.NaN;
    const queued = (await samples('waybill_deliveries_queued'))['namespace="chat"'];
    expect(queued).toBe(waiting);
    expect(await of('matched')).toBeGreaterThan(0);
    expect(await of('matched')).toBe(
      (await of('written')) + (await of('dropped')) + (await of('unconfirmed')) + (await of('not_written')) + waiting,
    );
  });

  it('counts acknowledgements beside the balance', async () => {
    deliver({ matched: 2, written: 2, queued: 0, dropped: 0, notWritten: 0 });
    telemetry.acknowledged('chat', 2);
    expect(await samples('waybill_deliveries_total')).toMatchObject({
      'namespace="chat",result="acked"': 2,
      'namespace="chat",result="matched"': 2,
    });
  });

  it('counts a publish once, by door, namespace and result; namespaces that are not configured are other', async () => {
    const start = { topic: 't', msgId: 'm', bytes: 1, durable: true, trace: undefined, connection: undefined };
    telemetry.publish({ ...start, namespace: 'chat', door: 'rest' }).end('OK');
    const twice = telemetry.publish({ ...start, namespace: 'made-up-by-a-client', door: 'socket' });
    twice.end('PERMISSION_DENIED');
    twice.end('OK');
    const publishes = await samples('waybill_publishes_total');
    expect(publishes['source="rest",namespace="chat",result="OK"']).toBe(1);
    expect(publishes['source="socket",namespace="other",result="PERMISSION_DENIED"']).toBe(1);
    expect(Object.values(publishes).reduce((sum, value) => sum + value, 0)).toBe(2);
    expect(await samples('waybill_publish_duration_seconds_count')).toEqual({
      'source="rest"': 1,
      'source="socket"': 1,
      'source="system"': 0,
    });
  });

  it('counts connections as they come and go, and closes by who and why', async () => {
    telemetry.connectionOpened(CONNECTION);
    telemetry.connectionOpened({ ...CONNECTION, id: 'd', transport: 'sse' });
    telemetry.connectionOpened({ ...CONNECTION, id: 'e' });
    telemetry.connectionClosed(CONNECTION, {
      code: 4408,
      reason: 'anything',
      initiator: 'server',
      durationMs: 10,
      framesIn: 0,
      framesOut: 0,
      bytesIn: 0,
      bytesOut: 0,
      maxQueuedBytes: 0,
    });
    telemetry.connectionClosed(CONNECTION, {
      code: 3999,
      reason: 'a client’s own',
      initiator: 'client',
      durationMs: 10,
      framesIn: 0,
      framesOut: 0,
      bytesIn: 0,
      bytesOut: 0,
      maxQueuedBytes: 0,
    });
    expect(await samples('waybill_connections')).toEqual({ 'transport="websocket"': 0, 'transport="sse"': 1 });
    expect(await samples('waybill_connections_opened_total')).toEqual({ '': 3 });
    const closed = await samples('waybill_connections_closed_total');
    expect(closed['initiator="server",reason="slow consumer"']).toBe(1);
    expect(closed['initiator="client",reason="other"']).toBe(1);
  });

  it('writes one wide line when a connection opens and one when it closes', () => {
    telemetry.connectionOpened(CONNECTION);
    telemetry.connectionClosed(CONNECTION, {
      code: 1000,
      reason: 'normal',
      initiator: 'client',
      durationMs: 1_500.4,
      framesIn: 1,
      framesOut: 2,
      bytesIn: 3,
      bytesOut: 4,
      maxQueuedBytes: 5,
    });
    const [opened, closed] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(2);
    expect(opened).toMatchObject({
      level: 'info',
      event: 'connection.opened',
      connection_id: 'c',
      ref: 'R',
      user: 'alice',
      address: '127.0.0.1',
    });
    expect(closed).toMatchObject({
      event: 'connection.closed',
      connection_id: 'c',
      code: 1000,
      reason: 'normal',
      initiator: 'client',
      duration_ms: 1500,
      frames_in: 1,
      frames_out: 2,
      bytes_in: 3,
      bytes_out: 4,
      max_queued_bytes: 5,
    });
  });

  it('leads from the lines of a connection to the trace of its handshake', () => {
    const [traceId, spanId] = ['a'.repeat(32), 'b'.repeat(16)];
    telemetry.connectionOpened({ ...CONNECTION, handshake: `00-${traceId}-${spanId}-01` });
    telemetry.connectionOpened({ ...CONNECTION, handshake: `00-${traceId}-${spanId}-00` });
    const [traced, untraced] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(traced).toMatchObject({ trace_id: traceId, span_id: spanId, trace_flags: '01' });
    expect(untraced).toMatchObject({ trace_id: traceId, trace_flags: '00' });
  });

  it('adds bytes, drops, gaps, subscribes, recoveries, limits and the calls of bus and database', async () => {
    telemetry.received(10);
    telemetry.received(5);
    for (const nonsense of [Number.NaN, Number.POSITIVE_INFINITY, -3]) telemetry.received(nonsense);
    telemetry.sent(7);
    telemetry.dropped('slow_consumer', 3);
    telemetry.gap('bus_loss', 'server');
    telemetry.gap('something new', 'client');
    telemetry.subscribed('chat', 'PERMISSION_DENIED');
    telemetry.recovered('chat', 'recovered', 9);
    telemetry.rateLimited('address');
    telemetry.busMessage('out');
    telemetry.busMessage('in', 2);
    telemetry.busError('publish');
    telemetry.databaseOperation('append', 3);
    telemetry.authenticated('header', 'OK', 2);
    telemetry.pong(20);
    telemetry.handshakeRefused('UNAVAILABLE');
    telemetry.append({ messages: 3, bytes: 30, publishes: [] }).end('OK');
    const text = await metrics.render('prometheus');
    for (const line of [
      'waybill_received_bytes_total 15',
      'waybill_sent_bytes_total 7',
      'waybill_dropped_messages_total{reason="slow_consumer"} 3',
      'waybill_gaps_total{reason="bus_loss",side="server"} 1',
      'waybill_gaps_total{reason="other",side="client"} 1',
      'waybill_subscribes_total{result="PERMISSION_DENIED"} 1',
      'waybill_recoveries_total{result="recovered"} 1',
      'waybill_recovered_messages_total 9',
      'waybill_rate_limited_total{scope="address"} 1',
      'waybill_handshakes_total{result="UNAVAILABLE"} 1',
      'waybill_bus_messages_total{direction="out"} 1',
      'waybill_bus_messages_total{direction="in"} 1',
      'waybill_bus_lag_seconds_bucket{le="0.001"} 0',
      'waybill_bus_lag_seconds_bucket{le="0.0025"} 1',
      'waybill_bus_lag_seconds_count 1',
      'waybill_bus_errors_total{op="publish"} 1',
      'waybill_db_operation_duration_seconds_bucket{le="0.005",operation="append"} 1',
      'waybill_auth_duration_seconds_count{method="header"} 1',
      'waybill_ping_rtt_seconds_bucket{le="0.025"} 1',
      'waybill_append_batch_size_sum 3',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('counts what operators did, and tells what was refused from what failed', async () => {
    for (const result of ['OK', 'PERMISSION_DENIED', 'NOT_FOUND', 'UNAVAILABLE', 'UNKNOWN_OUTCOME', 'INTERNAL'] as const)
      telemetry.operatorAction('topic.delete', result);
    expect(await samples('waybill_console_actions_total')).toMatchObject({
      'action="topic.delete",result="ok"': 1,
      'action="topic.delete",result="refused"': 2,
      'action="topic.delete",result="failed"': 3,
      'action="key.create",result="ok"': 0,
    });
  });

  it('measures a REST request by method, route and class of status, and nothing that a client made up', async () => {
    const respond = (method: string, route: string, status: number) => {
      const request = telemetry.request({ method, path: '/api/v1/x', address: '127.0.0.1', traceparent: undefined });
      request.respond(route, status);
      request.respond(route, 500);
      request.end('OK');
    };
    respond('GET', '/api/v1/topics', 200);
    respond('GET', '/api/v1/topics', 404);
    respond('BREW', 'unknown', 404);
    expect(await samples('http_server_request_duration_seconds_count')).toEqual({
      'method="GET",route="/api/v1/topics",status="2xx"': 1,
      'method="GET",route="/api/v1/topics",status="4xx"': 1,
      'method="other",route="unknown",status="4xx"': 1,
    });
  });

  it('bounds what code may declare', async () => {
    for (let index = 0; index < 500; index += 1)
      telemetry.command({ action: `action.${index}`, connection: CONNECTION, msgId: undefined, trace: undefined }).end('OK');
    const actions = Object.keys(await samples('waybill_command_duration_seconds_count'));
    expect(actions.length).toBeLessThanOrEqual(101);
    expect((await samples('waybill_commands_total'))['action="other",result="OK"']).toBeGreaterThan(300);
  });

  it('never throws, whatever it is told', async () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 1n, Symbol('x'), { valueOf: 1, toString: 1 }),
    );
    const text = fc.string();
    fc.assert(
      fc.property(anything, text, text, (value, first, second) => {
        const number = value as number;
        telemetry.received(number);
        telemetry.sent(number);
        telemetry.pong(number);
        telemetry.databaseOperation(first, number);
        telemetry.busError(first);
        telemetry.gap(first, 'client');
        telemetry.rateLimited(first);
        telemetry.queuedOutcome(first, 'written', number);
        telemetry.acknowledged(first, number);
        telemetry.authenticated(first, 'OK', number);
        deliver({ matched: number, written: number, queued: number, dropped: number, notWritten: number }, first);
        telemetry.busSend(first, second).end('OK');
        telemetry.append({ messages: number, bytes: number, publishes: [first, second] }).end('INTERNAL', { message: second });
        telemetry.handshake({ path: first, address: second, userAgent: first, traceparent: second }).end('BAD_REQUEST');
        const request = telemetry.request({ method: first, path: second, address: first, traceparent: second });
        request.respond(first, number);
        request.end('OK');
      }),
    );
    await expect(metrics.render('openmetrics')).resolves.toContain('# EOF');
  });

  it('has every metric of the catalogue on a scrape, under its documented type', async () => {
    const text = await metrics.render('prometheus');
    for (const metric of Object.values(METRICS)) expect(text).toContain(`# TYPE ${metric.name} ${metric.type}\n`);
  });
});
