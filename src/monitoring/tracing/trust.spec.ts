import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { beforeEach, describe, expect, it } from 'vitest';
import { Config } from '../../config/config.js';
import type { PublishStart, RequestObservation } from '../../telemetry/telemetry.js';
import { Log } from '../logging/log.js';
import { Metrics } from '../metrics/metrics.js';
import { MetricsTelemetry } from '../metrics-telemetry.js';
import { Refusals } from '../refusals/refusals.js';
import { Tracing } from './tracing.js';

const TRACE = 'a'.repeat(32);
const SPAN = 'b'.repeat(16);
const SAMPLED = `00-${TRACE}-${SPAN}-01`;
const UNSAMPLED = `00-${TRACE}-${SPAN}-00`;
const ROUTE = '/api/v1/topics/:topic/messages';

let exporter: InMemorySpanExporter;

beforeEach(() => {
  exporter = new InMemorySpanExporter();
});

function started(env: Readonly<Record<string, string>> = {}): MetricsTelemetry {
  const config = Config.from({ WAYBILL_LOG_LEVEL: 'silent', WAYBILL_TRACE_RATIO: '1', ...env });
  const tracing = new Tracing(config, [new SimpleSpanProcessor({ exporter })]);
  return new MetricsTelemetry(new Metrics(config), tracing, new Log(config, { write: () => undefined }), new Refusals(0));
}

function request(telemetry: MetricsTelemetry, traceparent: string, by: 'key' | 'other', tracestate?: string): RequestObservation {
  const observation = telemetry.request({ method: 'POST', path: '/x', address: '::1', traceparent, tracestate });
  observation.authenticated(by);
  return observation;
}

function finish(observation: RequestObservation): void {
  observation.respond(ROUTE, 201);
  observation.end('OK');
}

const message: PublishStart = {
  namespace: 'chat',
  topic: 'chat.room',
  door: 'rest',
  msgId: 'm-1',
  bytes: 12,
  durable: true,
  trace: SAMPLED,
  connection: undefined,
};
const delivery = { namespace: 'chat', topic: 'chat.room', seq: 1, msgId: 'm-1', bytes: 12, acceptedAt: 0 };
const named = (pattern: RegExp): ReadableSpan => {
  const found = exporter.getFinishedSpans().filter(({ name }) => pattern.test(name));
  expect(found, String(pattern)).toHaveLength(1);
  return found[0] as ReadableSpan;
};
const isFollowed = (span: ReadableSpan): boolean => span.spanContext().traceId === TRACE && span.parentSpanContext?.spanId === SPAN;

describe('the traceparent of a REST request', () => {
  it.each([
    { trust: 'nobody', by: 'key', followed: false },
    { trust: 'keys', by: 'key', followed: true },
    { trust: 'keys', by: 'other', followed: false },
    { trust: 'everyone', by: 'other', followed: true },
  ] as const)('of a caller with $by, where $trust is trusted: followed $followed', ({ trust, by, followed }) => {
    const observation = request(started({ WAYBILL_TRUST_TRACEPARENT: trust }), SAMPLED, by);
    expect(observation.traceId === TRACE).toBe(followed);
    finish(observation);
    const span = named(/^POST/);
    expect(isFollowed(span)).toBe(followed);
    expect(span.links.map((link) => link.context.spanId)).toEqual(followed ? [] : [SPAN]);
    expect(span.duration[0]).toBe(0);
  });

  it('brings its publish into the trace, without a link to what is above it', () => {
    const telemetry = started();
    const observation = request(telemetry, SAMPLED, 'key', 'rojo=1');
    observation.run(() => telemetry.publish(message).end('OK'));
    finish(observation);
    expect(named(/^publish/).spanContext()).toMatchObject({ traceId: TRACE });
    expect(
      named(/^publish/)
        .spanContext()
        .traceState?.serialize(),
    ).toBe('rojo=1');
    expect(named(/^publish/).links).toEqual([]);
  });

  it('that is not sampled is not traced here, and still names its trace', () => {
    const observation = request(started(), UNSAMPLED, 'key');
    expect(observation.traceId).toBe(TRACE);
    expect(observation.traceparent).toBeUndefined();
    finish(observation);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('asks for no more than monitoring.traceRate', () => {
    const telemetry = started({ WAYBILL_TRACE_RATIO: '0', WAYBILL_TRACE_RATE: '3' });
    for (let index = 0; index < 10; index += 1) finish(request(telemetry, SAMPLED, 'key'));
    expect(exporter.getFinishedSpans()).toHaveLength(3);
    expect(exporter.getFinishedSpans().every(isFollowed)).toBe(true);
  });

  it('is of nobody who left before it was known who calls', () => {
    const observation = started().request({ method: 'POST', path: '/x', address: '::1', traceparent: SAMPLED });
    finish(observation);
    observation.authenticated('key');
    expect(isFollowed(named(/^POST/))).toBe(false);
  });

  it('measures the request from its arrival', async () => {
    const observation = started().request({ method: 'POST', path: '/x', address: '::1', traceparent: SAMPLED });
    await new Promise((resolve) => setTimeout(resolve, 30));
    observation.authenticated('key');
    finish(observation);
    const { duration } = named(/^POST/);
    expect(duration[0] * 1_000 + duration[1] / 1_000_000).toBeGreaterThanOrEqual(25);
  });
});

describe('the traceparent of a handshake and of a message by socket', () => {
  it.each([
    { trust: 'keys', followed: false },
    { trust: 'everyone', followed: true },
  ] as const)('where $trust is trusted: followed $followed', ({ trust, followed }) => {
    const telemetry = started({ WAYBILL_TRUST_TRACEPARENT: trust });
    telemetry.handshake({ path: '/ws', address: '::1', userAgent: undefined, traceparent: SAMPLED }).end('OK');
    telemetry.publish({ ...message, door: 'socket' }).end('OK');
    for (const span of [named(/^GET/), named(/^publish/)]) {
      expect(isFollowed(span)).toBe(followed);
      expect(span.links).toHaveLength(followed ? 0 : 1);
    }
  });
});

describe('the traceparent of a transaction that publishes', () => {
  it.each([
    { trust: 'nobody', trace: SAMPLED, followed: false },
    { trust: 'keys', trace: SAMPLED, followed: true },
    { trust: 'keys', trace: UNSAMPLED, followed: false },
  ] as const)('$trace, where $trust is trusted: followed $followed', ({ trust, trace, followed }) => {
    const telemetry = started({ WAYBILL_TRUST_TRACEPARENT: trust });
    telemetry.deliver({ ...delivery, door: 'sql', trace }).end('OK');
    expect(exporter.getFinishedSpans().map(isFollowed)).toEqual(followed ? [true] : []);
  });

  it('is not followed for a message of another door', () => {
    started()
      .deliver({ ...delivery, door: 'socket', trace: SAMPLED })
      .end('OK');
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
