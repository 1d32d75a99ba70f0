import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { beforeEach, describe, expect, it } from 'vitest';
import { Config } from '../../config/config.js';
import type { Watchable } from '../../messaging/gateway-control.js';
import type { HandedMessage, OfferWatch, WatchedFrame } from '../../telemetry/probe-watch.js';
import { Tracing } from '../tracing/tracing.js';
import { LiveProbes } from './live-probes.js';
import { Probe } from './probe.js';
import { ProbeSpans } from './probe-spans.js';
import { type ProbeTarget, topicTarget, userTarget } from './probe-target.js';

const ADA = { id: 'c-ada', ref: 'AAAA-AAAA', user: 'ada', address: '127.0.0.1', client: undefined, handshake: undefined };
const BOB = { ...ADA, id: 'c-bob', ref: 'BBBB-BBBB', user: 'bob' };
const COUNTS = { written: 0, queued: 0, dropped: 0, overflow: 0, closed: 0 };

let exporter: InMemorySpanExporter;
let tracing: Tracing;

beforeEach(() => {
  exporter = new InMemorySpanExporter();
  tracing = new Tracing(Config.from({ WAYBILL_TRACE_RATIO: '0' }), [new SimpleSpanProcessor({ exporter })]);
});

function watching(target: ProbeTarget, { spans = 100, recipients = 2 } = {}) {
  const live = new LiveProbes(new ProbeSpans(tracing, spans), recipients);
  const probe = new Probe(
    { id: 'p', target, payload: false, note: undefined, createdBy: 'op', node: 'n', startedAt: 0, endsAt: 1 },
    { records: 10_000, kept: 1_000, keptBytes: 1_000_000, eventsPerSecond: 1_000, payloadBytes: 10 },
    { recorded: () => undefined, skipped: () => undefined, ended: () => undefined },
  );
  const watched = new Map<string, OfferWatch | undefined>();
  const watchable = (facts: typeof ADA): Watchable => ({
    facts,
    topics: () => ['chat.a'],
    watch: (watch) => void watched.set(facts.id, watch),
  });
  const become = (probes: readonly Probe[]) => live.become(probes, [watchable(ADA), watchable(BOB)]);
  become([probe]);
  const events = () => probe.ring.after(0, 1_000).map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  return { live, probe, watched, become, events };
}

/** A message with the traceparent of its delivery. */
function handed(seq: number, topic = 'chat.a'): readonly [HandedMessage, string | undefined] {
  const span = tracing.linked({ name: 'deliver chat', kind: 4 });
  const { traceId, spanId } = span.spanContext();
  span.end();
  const message = { topic, epoch: 'e', seq, msgId: `m-${seq}`, publisher: 'key:app', action: 'said', dataText: '1' };
  return [message, `00-${traceId}-${spanId}-01`];
}

const frame = (seq: number): WatchedFrame => ({ bytes: Buffer.alloc(9), live: { topic: 'chat.a', epoch: 'e', seq } });
const spansNamed = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name);

describe('deliveries to a watched user', () => {
  it('are told with their message, and have a span that ends when the socket took it', () => {
    const { live, watched, events } = watching(userTarget('ada'));
    const [message, delivery] = handed(1);
    expect(live.handing([message], [delivery])).toBeUndefined();
    watched.get('c-ada')?.offered([frame(1)], false)?.('queued');
    expect(spansNamed('deliver connection')).toEqual([]);
    live.saw({ kind: 'settled', connection: ADA, outcome: 'written', messages: [{ topic: 'chat.a', epoch: 'e', seq: 1 }] });
    expect(events()).toMatchObject([
      {
        kind: 'delivery',
        user: 'ada',
        topic: 'chat.a',
        seq: 1,
        msg_id: 'm-1',
        result: 'queued',
        bytes: 9,
        trace_id: delivery?.slice(3, 35),
      },
      { kind: 'settled', outcome: 'written', waited_ms: expect.any(Number) as number },
    ]);
    expect(spansNamed('deliver connection')).toMatchObject([
      { attributes: { 'waybill.delivery.outcome': 'written', 'waybill.delivery.bytes': 9, 'waybill.user': 'ada' } },
    ]);
  });

  it('have so many spans a second and no more', () => {
    const { live, watched } = watching(userTarget('ada'), { spans: 3 });
    for (let seq = 1; seq <= 9; seq += 1) {
      const [message, delivery] = handed(seq);
      live.handing([message], [delivery]);
      watched.get('c-ada')?.offered([frame(seq)], false)?.('written');
    }
    expect(spansNamed('deliver connection')).toHaveLength(3);
  });

  it('are nobody else’s: only the watched connection is asked to tell', () => {
    const { watched, become, live } = watching(userTarget('ada'));
    expect(watched.get('c-bob')).toBeUndefined();
    expect(live.offersOf(BOB)).toBeUndefined();
    become([]);
    expect(watched.get('c-ada')).toBeUndefined();
    expect(live.isActive).toBe(false);
  });

  it('are not told of the topics of probes', () => {
    const { watched } = watching(userTarget('ada'));
    const own = { bytes: Buffer.alloc(1), live: { topic: '$probe.0123456789ab', epoch: 'e', seq: 1 } };
    expect(watched.get('c-ada')?.offered([own], false)).toBeUndefined();
  });
});

describe('messages of a watched topic', () => {
  it('name the first recipients and count the others', () => {
    const { live, events } = watching(topicTarget('chat.*'));
    const [message, delivery] = handed(7);
    const handing = live.handing([message], [delivery]);
    expect(handing?.recipient({ id: 'c-ada', facts: ADA, principal: { id: 'ada' } })).toBeDefined();
    handing?.recipient({ id: 'c-bob', facts: BOB, principal: { id: 'bob' } })?.('dropped');
    expect(handing?.recipient({ id: 'c-3', principal: { id: 'eve' } })).toBeUndefined();
    handing?.done({ ...COUNTS, written: 10_000, dropped: 1, closed: 2 });
    expect(events()).toMatchObject([
      {
        kind: 'fan_out',
        seq: 7,
        recipients: 10_003,
        written: 10_000,
        not_written: 2,
        more: 10_001,
        first_recipients: [{ ref: 'AAAA-AAAA' }, { ref: 'BBBB-BBBB', result: 'dropped' }],
      },
    ]);
  });

  it('are those of the pattern, which never covers what begins with $', () => {
    const { live } = watching(topicTarget('*'));
    for (const [topic, isWatched] of [
      ['a', true],
      ['a.b', true],
      ['$user.ada', false],
      ['$all', false],
      ['$probe.0123456789ab', false],
    ] as const) {
      expect([topic, live.handing([handed(1, topic)[0]], [undefined]) !== undefined]).toEqual([topic, isWatched]);
    }
  });
});

describe('what a probe names is traced', () => {
  it.each([
    ['who is watched', { user: 'ada' }, true],
    ['a topic that they are subscribed to', { topic: 'chat.a', user: 'key:app' }, true],
    ['their own topic', { topic: '$user.ada' }, true],
    ['somebody else', { user: 'bob' }, false],
    ['another topic', { topic: 'chat.b' }, false],
    ['nobody', { user: undefined, topic: undefined, connectionId: undefined }, false],
  ])('%s', (_name, about, isTraced) => {
    expect(watching(userTarget('ada')).live.traces(about)).toBe(isTraced);
  });

  it('up to so many spans a second', () => {
    const { live } = watching(userTarget('ada'), { spans: 2 });
    expect([1, 2, 3].map(() => live.traces({ user: 'ada' }))).toEqual([true, true, false]);
  });
});
