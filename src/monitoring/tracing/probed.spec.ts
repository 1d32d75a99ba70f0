import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { beforeEach, describe, expect, it } from 'vitest';
import { Config } from '../../config/config.js';
import type { PublishStart } from '../../telemetry/telemetry.js';
import { Log } from '../logging/log.js';
import { Metrics } from '../metrics/metrics.js';
import { MetricsTelemetry } from '../metrics-telemetry.js';
import { LiveProbes } from '../probes/live-probes.js';
import { Probe } from '../probes/probe.js';
import { ProbeSpans } from '../probes/probe-spans.js';
import { topicTarget } from '../probes/probe-target.js';
import { Refusals } from '../refusals/refusals.js';
import { TopicRates } from '../topics/topic-rates.js';
import { Tracing } from './tracing.js';

const TRACE = 'a'.repeat(32);
const SPAN = 'b'.repeat(16);
const UNSAMPLED = `00-${TRACE}-${SPAN}-00`;
const MOST_SPANS = 3;

let exporter: InMemorySpanExporter;

beforeEach(() => {
  exporter = new InMemorySpanExporter();
});

/** A gateway that traces nothing by itself, and a probe of the topic chat.room. */
function started(env: Readonly<Record<string, string>> = {}): MetricsTelemetry {
  const config = Config.from({ WAYBILL_LOG_LEVEL: 'silent', WAYBILL_TRACE_RATIO: '0', WAYBILL_TRACE_RATE: '0', ...env });
  const tracing = new Tracing(config, [new SimpleSpanProcessor({ exporter })]);
  const live = new LiveProbes(new ProbeSpans(tracing, MOST_SPANS), 10);
  const start = { id: 'p', target: topicTarget('chat.room'), payload: false, note: undefined, createdBy: 'op', node: 'n' };
  const limits = { records: 100, kept: 100, keptBytes: 100_000, eventsPerSecond: 100, payloadBytes: 10 };
  const notes = { recorded: () => undefined, skipped: () => undefined, ended: () => undefined };
  live.become([new Probe({ ...start, startedAt: 0, endsAt: 1 }, limits, notes)], []);
  const log = new Log(config, { write: () => undefined });
  return new MetricsTelemetry(new Metrics(config), tracing, log, new Refusals(0), new TopicRates(), live);
}

const message: PublishStart = {
  namespace: 'chat',
  topic: 'chat.room',
  door: 'rest',
  msgId: 'm-1',
  bytes: 12,
  durable: true,
  trace: UNSAMPLED,
  connection: undefined,
};
const delivery = { namespace: 'chat', topic: 'chat.room', seq: 1, msgId: 'm-1', bytes: 12, acceptedAt: 0 };

function publishInRequest(telemetry: MetricsTelemetry, more: Partial<PublishStart> = {}): void {
  const request = telemetry.request({ method: 'POST', path: '/x', address: '::1', traceparent: undefined });
  request.run(() => telemetry.publish({ ...message, ...more }).end('OK'));
  request.end('OK');
}

const CASES: Readonly<Record<string, (telemetry: MetricsTelemetry, topic: string) => void>> = {
  'a publish in a request that is not': (telemetry, topic) => publishInRequest(telemetry, { topic }),
  'a publish by socket': (telemetry, topic) => telemetry.publish({ ...message, topic, door: 'socket' }).end('OK'),
  'a delivery whose publish was not': (telemetry, topic) =>
    telemetry.deliver({ ...delivery, topic, door: 'socket', trace: UNSAMPLED }).end('OK'),
  'a delivery of what a transaction published, which was not': (telemetry, topic) =>
    telemetry.deliver({ ...delivery, topic, door: 'sql', trace: UNSAMPLED }).end('OK'),
};

describe('under a probe, where the sampler takes nothing,', () => {
  it.each(Object.entries(CASES))('%s is a trace of its own, linked to what came, and marked', (_what, happen) => {
    happen(started(), 'chat.room');
    const spans = exporter.getFinishedSpans();
    expect(spans).toHaveLength(1);
    const [span] = spans as [ReadableSpan];
    expect(span.parentSpanContext).toBeUndefined();
    expect(span.spanContext().traceId).not.toBe(TRACE);
    expect(span.links.map(({ context }) => context.spanId)).toEqual([SPAN]);
    expect(span.attributes).toMatchObject({ 'waybill.probe': true });
  });

  it.each(Object.entries(CASES))('%s is left alone in a topic that it does not watch', (_what, happen) => {
    happen(started(), 'chat.other');
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('a publisher who is trusted is followed although they do not sample', () => {
    started({ WAYBILL_TRUST_TRACEPARENT: 'everyone' })
      .publish({ ...message, door: 'socket' })
      .end('OK');
    const [span] = exporter.getFinishedSpans() as [ReadableSpan];
    expect(span.spanContext().traceId).toBe(TRACE);
    expect(span.parentSpanContext?.spanId).toBe(SPAN);
    expect(span.attributes).toMatchObject({ 'waybill.probe': true });
  });

  it('no more begin than probes.spansPerSecond', () => {
    const telemetry = started();
    for (let index = 0; index < 3 * MOST_SPANS; index += 1) publishInRequest(telemetry);
    expect(exporter.getFinishedSpans()).toHaveLength(MOST_SPANS);
  });
});
