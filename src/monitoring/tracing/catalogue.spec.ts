import { SpanKind } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { beforeAll, describe, expect, it } from 'vitest';
import { Config } from '../../config/config.js';
import type { ConnectionFacts, PublishStart } from '../../telemetry/telemetry.js';
import { Log } from '../logging/log.js';
import { Metrics } from '../metrics/metrics.js';
import { MetricsTelemetry } from '../metrics-telemetry.js';
import { LiveProbes } from '../probes/live-probes.js';
import { Probe } from '../probes/probe.js';
import { ProbeSpans } from '../probes/probe-spans.js';
import { userTarget } from '../probes/probe-target.js';
import { Refusals } from '../refusals/refusals.js';
import { TopicRates } from '../topics/topic-rates.js';
import { SPANS, type SpanDefinition } from './catalogue.js';
import { Tracing } from './tracing.js';

const CALLER = '00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01';
const KEYS = Object.keys(SPANS) as (keyof typeof SPANS)[];
const CLOSE = { code: 1000, reason: 'normal', durationMs: 1, framesIn: 1, framesOut: 1, bytesIn: 1, bytesOut: 1, maxQueuedBytes: 0 };

/** What stands for a name in the table, as it is in the run below. */
const RUN: Readonly<Record<keyof typeof SPANS, RegExp>> = {
  handshake: /^GET \/ws$/,
  command: /^order\.submit$/,
  subscribe: /^subscribe chat$/,
  history: /^history chat$/,
  publish: /^publish chat$/,
  append: /^append$/,
  send: /^send chat$/,
  deliver: /^deliver chat$/,
  deliverConnection: /^deliver connection$/,
  closeByPeer: /^close$/,
  closeByServer: /^close$/,
  request: /^POST \/api\/v1\/topics\/:topic\/messages$/,
};

/** Everything that can be traced, once well and once with a fault of the server, by and to a user whom a probe watches. */
describe('the catalogue of spans', () => {
  let spans: readonly ReadableSpan[];

  beforeAll(() => {
    const exporter = new InMemorySpanExporter();
    const config = Config.from({ WAYBILL_LOG_LEVEL: 'silent', WAYBILL_TRACE_RATIO: '1' });
    const tracing = new Tracing(config, [new SimpleSpanProcessor({ exporter })]);
    const live = new LiveProbes(new ProbeSpans(tracing, 1_000), 10);
    const log = new Log(config, { write: () => undefined });
    const telemetry = new MetricsTelemetry(new Metrics(config), tracing, log, new Refusals(0), new TopicRates(), live);
    for (const result of ['OK', 'INTERNAL'] as const) {
      const connection = openConnection(telemetry, result);
      watch(live, connection);

      for (const action of ['order.submit', 'topic.subscribe', 'topic.history'])
        telemetry.command({ action, namespace: 'chat', connection, msgId: 'm-1', trace: CALLER }).end(result);
      const start = publishStart(connection);
      const publish = telemetry.publish(start);
      const trace = publish.traceparent as string;
      telemetry.append({ messages: 1, bytes: 12, publishes: [trace] }).end(result);
      publish.stored('e1', 7, false);
      telemetry.busSend('chat', trace).end(result);
      publish.end(result);
      const deliver = telemetry.deliver({ ...start, door: 'socket', seq: 7, trace, acceptedAt: Date.now() });
      deliver.delivered({ matched: 1, written: 1, queued: 0, dropped: 0, notWritten: 0 });
      const message = { msgId: 'm-1', delivery: deliver.traceparent } as never;
      const place = { topic: 'chat.room', epoch: 'e1', seq: 7 };
      new ProbeSpans(tracing, 10).deliver({ connection, place, message, bytes: 12 })?.end('written', 1);
      deliver.end(result);
      const request = telemetry.request({ method: 'POST', path: '/api/v1/x', address: '::1', traceparent: CALLER });
      request.authenticated('other');
      request.respond('/api/v1/topics/:topic/messages', 201);
      request.end(result);
      for (const initiator of ['client', 'server'] as const) telemetry.connectionClosed(connection, { ...CLOSE, initiator });
    }
    spans = exporter.getFinishedSpans();
  });

  const seenAs = (key: keyof typeof SPANS): readonly ReadableSpan[] =>
    spans.filter(({ name, kind }) => RUN[key].test(name) && SpanKind[kind] === SPANS[key].kind);

  it.each(KEYS)('%s is seen, with every attribute of its row and no other', (key) => {
    const found = seenAs(key);
    expect(found).toHaveLength(2);
    const { attributes }: SpanDefinition = SPANS[key];
    expect([...new Set(found.flatMap((span) => Object.keys(span.attributes)))].toSorted()).toEqual(attributes.toSorted());
  });

  it('has a row for every span', () => {
    const known = new Set(KEYS.flatMap(seenAs));
    expect(spans.filter((span) => !known.has(span)).map(({ name }) => name)).toEqual([]);
  });

  it.each([
    ['append', 'publish'],
    ['send', 'publish'],
    ['deliver', 'publish'],
    ['deliverConnection', 'deliver'],
  ] as const)('%s is the child of the %s', (child, parent) => {
    const parents = seenAs(parent).map((span) => span.spanContext().spanId);
    expect(seenAs(child).map((span) => span.parentSpanContext?.spanId)).toEqual(parents);
  });

  it.each(['handshake', 'command', 'subscribe', 'history', 'publish', 'closeByPeer', 'closeByServer', 'request'] as const)(
    '%s is the root of a trace, whatever the client says',
    (key) => {
      for (const span of seenAs(key)) {
        expect(span.parentSpanContext).toBeUndefined();
        expect(span.spanContext().traceId).not.toBe('a'.repeat(32));
      }
    },
  );

  it.each(['command', 'subscribe', 'history', 'publish', 'closeByPeer', 'closeByServer'] as const)(
    '%s is linked to its handshake',
    (key) => {
      const handshakes = seenAs('handshake').map((span) => span.spanContext().spanId);
      expect(seenAs(key).map((span) => span.links[0]?.context.spanId)).toEqual(handshakes);
    },
  );

  it.each(['handshake', 'command', 'publish', 'request'] as const)('%s is linked to the traceparent that came', (key) => {
    for (const span of seenAs(key)) expect(span.links.at(-1)?.context.spanId).toBe('b'.repeat(16));
  });

  it('marks as failed what a fault of the server ended', () => {
    const failed = KEYS.filter((key) => SPANS[key].attributes.includes('error.type' as never)).map((key) => [
      key,
      seenAs(key).map((span) => span.status.code),
    ]);
    for (const [key, codes] of failed) expect(codes, String(key)).toEqual([0, 2]);
  });
});

function openConnection(telemetry: MetricsTelemetry, result: 'OK' | 'INTERNAL'): ConnectionFacts {
  const observation = telemetry.handshake({ path: '/ws', address: '127.0.0.1', userAgent: 'test/1', traceparent: CALLER });
  const connection: ConnectionFacts = {
    id: `c-${result}`,
    ref: 'R1',
    user: 'alice',
    address: '127.0.0.1',
    client: 'test/1',
    handshake: observation.traceparent,
  };
  observation.opened(connection);
  observation.end(result);
  return connection;
}

function publishStart(connection: ConnectionFacts): PublishStart {
  const message = { namespace: 'chat', topic: 'chat.room', msgId: 'm-1', bytes: 12 };
  return { ...message, door: 'socket', durable: true, trace: CALLER, connection, publisher: 'alice' };
}

function watch(live: LiveProbes, facts: ConnectionFacts): void {
  const probe = new Probe(
    { id: 'p', target: userTarget('alice'), payload: false, note: undefined, createdBy: 'op', node: 'n', startedAt: 0, endsAt: 1 },
    { records: 10_000, kept: 1_000, keptBytes: 1_000_000, eventsPerSecond: 1_000, payloadBytes: 10 },
    { recorded: () => undefined, skipped: () => undefined, ended: () => undefined },
  );
  live.become([probe], [{ facts, topics: () => ['chat.room'], watch: () => undefined }]);
}
