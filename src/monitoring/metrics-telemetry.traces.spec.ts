import { type Attributes, context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { beforeEach, describe, expect, it } from 'vitest';
import { Config } from '../config/config.js';
import type { ConnectionClose, ConnectionFacts, PublishStart } from '../telemetry/telemetry.js';
import { Log } from './logging/log.js';
import { Metrics } from './metrics/metrics.js';
import { MetricsTelemetry } from './metrics-telemetry.js';
import { Refusals } from './refusals/refusals.js';
import { SPANS } from './tracing/catalogue.js';
import { Tracing } from './tracing/tracing.js';
import { parseTraceparent } from './tracing/traceparent.js';

const CLIENT_TRACE = '00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01';

const CLOSE: ConnectionClose = {
  code: 1000,
  reason: 'normal',
  initiator: 'client',
  durationMs: 1_234,
  framesIn: 1,
  framesOut: 2,
  bytesIn: 3,
  bytesOut: 4,
  maxQueuedBytes: 5,
};

describe('spans of MetricsTelemetry', () => {
  let exporter: InMemorySpanExporter;
  let telemetry: MetricsTelemetry;

  beforeEach(() => {
    exporter = new InMemorySpanExporter();
    telemetry = started({ WAYBILL_TRACE_RATIO: '1' });
  });

  function started(env: Record<string, string>): MetricsTelemetry {
    const config = Config.from({ WAYBILL_LOG_LEVEL: 'silent', ...env });
    const tracing = new Tracing(config, [new SimpleSpanProcessor({ exporter })]);
    return new MetricsTelemetry(new Metrics(config), tracing, new Log(config, { write: () => undefined }), new Refusals(0));
  }

  function spans(name: string): readonly ReadableSpan[] {
    return exporter.getFinishedSpans().filter((span) => span.name === name);
  }

  function only(name: string): ReadableSpan {
    const found = spans(name);
    expect(found, `spans named ${name}`).toHaveLength(1);
    return found[0] as ReadableSpan;
  }

  function open(): ConnectionFacts {
    const observation = telemetry.handshake({ path: '/ws', address: '127.0.0.1', userAgent: 'test/1', traceparent: CLIENT_TRACE });
    const connection: ConnectionFacts = {
      id: 'c-1',
      ref: 'R1',
      user: 'alice',
      address: '127.0.0.1',
      client: 'test/1',
      handshake: observation.traceparent,
    };
    observation.opened(connection);
    observation.end('OK');
    return connection;
  }

  function publishStart(more: Partial<PublishStart> = {}): PublishStart {
    return {
      namespace: 'chat',
      topic: 'chat.room',
      door: 'socket',
      msgId: 'm-1',
      bytes: 12,
      durable: true,
      trace: undefined,
      connection: undefined,
      ...more,
    };
  }

  const idOf = (span: ReadableSpan) => span.spanContext().spanId;
  const traceOf = (span: ReadableSpan) => span.spanContext().traceId;
  const linksOf = (span: ReadableSpan) => span.links.map((link) => link.context.spanId);

  /** Every attribute of the span stands in the catalogue, and the named ones have these values. */
  function expectSpan(span: ReadableSpan, definition: keyof typeof SPANS, attributes: Attributes): void {
    expect(SpanKind[span.kind]).toBe(SPANS[definition].kind);
    expect(span.attributes).toMatchObject(attributes);
    const documented: readonly string[] = SPANS[definition].attributes;
    expect(documented).toEqual(expect.arrayContaining(Object.keys(span.attributes)));
  }

  it('traces a handshake to its 101, linked to the client but not its child', () => {
    open();
    const span = only('GET /ws');
    expectSpan(span, 'handshake', {
      'waybill.connection.id': 'c-1',
      'waybill.connection.ref': 'R1',
      'http.response.status_code': 101,
      'network.protocol.name': 'websocket',
      'client.address': '127.0.0.1',
      'user_agent.original': 'test/1',
    });
    expect(span.parentSpanContext).toBeUndefined();
    expect(traceOf(span)).not.toBe(parseTraceparent(CLIENT_TRACE)?.traceId);
    expect(linksOf(span)).toEqual(['bbbbbbbbbbbbbbbb']);
  });

  it('traces a refused handshake with its status, without failing the span for a fault of the caller', () => {
    telemetry
      .handshake({ path: '/ws', address: '127.0.0.1', userAgent: undefined, traceparent: undefined })
      .end('UNAUTHENTICATED', { message: 'no token' });
    const span = only('GET /ws');
    expectSpan(span, 'handshake', { 'http.response.status_code': 401, 'error.type': 'UNAUTHENTICATED' });
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('names a handshake on a path of the client without the path', () => {
    telemetry.handshake({ path: '/some/where/9', address: '127.0.0.1', userAgent: undefined, traceparent: undefined }).end('NOT_FOUND');
    expect(only('GET').attributes['url.path']).toBe('/some/where/9');
    telemetry
      .handshake({ path: '/api/v1/topics/chat.a/messages', address: '127.0.0.1', userAgent: undefined, traceparent: undefined })
      .end('OK');
    only('GET /api/v1/topics/:topic/messages');
  });

  it('links a command to the handshake of its connection and makes it a trace of its own', () => {
    const connection = open();
    telemetry.command({ action: 'order.submit', connection, msgId: 'm-7', trace: CLIENT_TRACE }).end('PERMISSION_DENIED');
    const span = only('order.submit');
    expectSpan(span, 'command', {
      'waybill.connection.id': 'c-1',
      'waybill.action': 'order.submit',
      'messaging.message.id': 'm-7',
      'waybill.result': 'PERMISSION_DENIED',
    });
    expect(span.parentSpanContext).toBeUndefined();
    expect(linksOf(span)).toEqual([idOf(only('GET /ws')), 'bbbbbbbbbbbbbbbb']);
  });

  it('names a subscribe after its namespace once that is known', () => {
    const connection = open();
    const command = telemetry.command({ action: 'topic.subscribe', connection, msgId: undefined, trace: undefined });
    command.run(() => {
      telemetry.subscribed('chat', 'OK');
      telemetry.subscribed('news', 'OK');
    });
    command.end('OK');
    expectSpan(only('subscribe chat'), 'subscribe', { 'messaging.destination.template': 'chat', 'waybill.connection.id': 'c-1' });
  });

  it('traces no ping, and no second span for the publish actions', () => {
    const connection = open();
    for (const action of ['ping', 'topic.publish', 'user.send'])
      telemetry.command({ action, connection, msgId: undefined, trace: undefined }).end('OK');
    expect(exporter.getFinishedSpans().map((span) => span.name)).toEqual(['GET /ws']);
  });

  it('traces a publish of a socket from the frame to the delivery, linked to the handshake', () => {
    const connection = open();
    const publish = telemetry.publish(publishStart({ connection, trace: CLIENT_TRACE }));
    const traceparent = publish.traceparent as string;
    telemetry.append({ messages: 1, bytes: 12, publishes: [traceparent] }).end('OK');
    publish.stored('e1', 7, false);
    telemetry.busSend('chat', traceparent).end('OK');
    publish.end('OK');
    const deliver = telemetry.deliver({
      namespace: 'chat',
      topic: 'chat.room',
      seq: 7,
      msgId: 'm-1',
      trace: traceparent,
      bytes: 10,
      acceptedAt: Date.now(),
    });
    deliver.delivered({ matched: 3, written: 2, queued: 1, dropped: 0, notWritten: 0 });
    deliver.end('OK');

    const root = only('publish chat');
    expectSpan(root, 'publish', {
      'waybill.connection.id': 'c-1',
      'messaging.destination.template': 'chat',
      'messaging.destination.name': 'chat.room',
      'messaging.message.id': 'm-1',
      'waybill.door': 'socket',
      'waybill.epoch': 'e1',
      'waybill.seq': 7,
      'waybill.duplicate': false,
    });
    expect(root.parentSpanContext).toBeUndefined();
    expect(linksOf(root)).toEqual([idOf(only('GET /ws')), 'bbbbbbbbbbbbbbbb']);
    for (const [name, definition] of [
      ['append', 'append'],
      ['send chat', 'send'],
      ['deliver chat', 'deliver'],
    ] as const) {
      const child = only(name);
      expectSpan(child, definition, {});
      expect(child.parentSpanContext?.spanId).toBe(idOf(root));
      expect(traceOf(child)).toBe(traceOf(root));
    }
    expect(only('deliver chat').attributes).toMatchObject({
      'waybill.fanout.recipients': 3,
      'waybill.fanout.written': 2,
      'waybill.fanout.queued': 1,
      'waybill.fanout.dropped': 0,
    });
  });

  it('links an append to its publishes where several share the commit', () => {
    const publishes = [telemetry.publish(publishStart()), telemetry.publish(publishStart())];
    telemetry
      .append({ messages: 9, bytes: 99, publishes: publishes.map((each) => each.traceparent as string) })
      .end('UNKNOWN_OUTCOME', { message: 'connection lost' });
    for (const each of publishes) each.end('UNKNOWN_OUTCOME');
    const span = only('append');
    expect(span.parentSpanContext).toBeUndefined();
    expect(linksOf(span)).toEqual(spans('publish chat').map(idOf));
    expect(span.attributes['messaging.batch.message_count']).toBe(9);
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'connection lost' });
  });

  it('makes a publish by REST a child of its request', () => {
    const request = telemetry.request({
      method: 'POST',
      path: '/api/v1/topics/chat.room/messages',
      address: '127.0.0.1',
      traceparent: CLIENT_TRACE,
    });
    request.authenticated('other');
    request.run(() => telemetry.publish(publishStart({ door: 'rest' })).end('OK'));
    request.respond('/api/v1/topics/:topic/messages', 201);
    request.end('OK');
    const span = only('POST /api/v1/topics/:topic/messages');
    expectSpan(span, 'request', {
      'http.request.method': 'POST',
      'http.route': '/api/v1/topics/:topic/messages',
      'http.response.status_code': 201,
    });
    expect(linksOf(span)).toEqual(['bbbbbbbbbbbbbbbb']);
    expect(only('publish chat').parentSpanContext?.spanId).toBe(idOf(span));
    expect(request.traceId).toBe(traceOf(span));
  });

  it.each([
    { initiator: 'client', definition: 'closeByPeer' },
    { initiator: 'network', definition: 'closeByPeer' },
    { initiator: 'server', definition: 'closeByServer' },
  ] as const)('links the close by the $initiator to the handshake', ({ initiator, definition }) => {
    const connection = open();
    telemetry.connectionOpened(connection);
    telemetry.connectionClosed(connection, { ...CLOSE, initiator });
    const span = only('close');
    expectSpan(span, definition, {
      'waybill.connection.id': 'c-1',
      'waybill.close.code': 1000,
      'waybill.close.reason': 'normal',
      'waybill.close.initiator': initiator,
      'waybill.connection.duration_ms': 1_234,
    });
    expect(linksOf(span)).toEqual([idOf(only('GET /ws'))]);
  });

  it('makes what a handler calls a child of its command, over asynchronous steps', async () => {
    const connection = open();
    const command = telemetry.command({ action: 'order.submit', connection, msgId: undefined, trace: undefined });
    await command.run(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      telemetry.publish(publishStart({ connection })).end('OK');
    });
    command.end('OK');
    expect(only('publish chat').parentSpanContext?.spanId).toBe(idOf(only('order.submit')));
    expect(trace.getSpan(context.active())).toBeUndefined();
  });

  it('gives a REST request an id but no span where the sampler does not take it, nor its publish', () => {
    telemetry = started({ WAYBILL_TRACE_RATIO: '0', WAYBILL_TRACE_RATE: '0' });
    const request = telemetry.request({ method: 'GET', path: '/api/v1/topics', address: '127.0.0.1', traceparent: CLIENT_TRACE });
    expect(request.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(request.traceparent).toBeUndefined();
    request.run(() => {
      const publish = telemetry.publish(publishStart({ door: 'rest', trace: CLIENT_TRACE }));
      expect(publish.traceparent).toBeUndefined();
      publish.end('OK');
    });
    request.end('OK');
    expect(exporter.getFinishedSpans()).toHaveLength(0);
  });

  it('does not trace a delivery because a client wrote a sampled traceparent into its message', () => {
    telemetry = started({ WAYBILL_TRACE_RATIO: '0' });
    telemetry.publish(publishStart({ trace: CLIENT_TRACE })).end('OK');
    telemetry
      .deliver({ namespace: 'chat', topic: 'chat.room', seq: 1, msgId: 'm', trace: CLIENT_TRACE, bytes: 10, acceptedAt: Date.now() })
      .end('OK');
    expect(exporter.getFinishedSpans()).toHaveLength(0);
  });

  it('counts the first end only', () => {
    const observation = telemetry.publish(publishStart());
    observation.end('OK');
    observation.end('INTERNAL');
    expect(only('publish chat').attributes['waybill.result']).toBe('OK');
  });
});
