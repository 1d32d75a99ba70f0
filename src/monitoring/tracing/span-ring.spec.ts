import { SpanKind } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { Config } from '../../config/config.js';
import { Tracing } from './tracing.js';

function tracingWith(spans: number): Tracing {
  return new Tracing(Config.from({ WAYBILL_TRACE_RATIO: '1', WAYBILL_TRACE_RING: String(spans) }));
}

/** Records a trace of `children` children and a root; answers its id. */
function record(tracing: Tracing, name: string, children = 0): string {
  const root = tracing.rootWithId('connection', { name, kind: SpanKind.SERVER });
  for (let index = 0; index < children; index += 1)
    tracing.childOfActive(root, () => ({ name: `${name} ${index}`, kind: SpanKind.INTERNAL }))?.end();
  root.end();
  return root.spanContext().traceId;
}

describe('SpanRing', () => {
  it('keeps the last spans by trace, the newest trace first', () => {
    const tracing = tracingWith(100);
    const first = record(tracing, 'a', 2);
    const second = record(tracing, 'b');
    expect(tracing.ring.trace(first).map((span) => span.name)).toEqual(['a 0', 'a 1', 'a']);
    expect([...tracing.ring.newestFirst()].map(([traceId]) => traceId)).toEqual([second, first]);
  });

  it('forgets the oldest spans, and a trace with its last span', () => {
    const tracing = tracingWith(4);
    const first = record(tracing, 'a', 2);
    const second = record(tracing, 'b', 1);
    expect(tracing.ring.size).toBe(4);
    expect(tracing.ring.trace(first).map((span) => span.name)).toEqual(['a 1', 'a']);
    const third = record(tracing, 'c', 1);
    expect(tracing.ring.trace(first)).toEqual([]);
    expect([...tracing.ring.newestFirst()].map(([traceId]) => traceId)).toEqual([third, second]);
  });

  it('stays as small as it is told over many traces', () => {
    const tracing = tracingWith(50);
    for (let index = 0; index < 1_000; index += 1) record(tracing, `t${index}`, index % 3);
    expect(tracing.ring.size).toBe(50);
    const kept = [...tracing.ring.newestFirst()];
    expect(kept.reduce((sum, [, spans]) => sum + spans.length, 0)).toBe(50);
    expect(kept[0]?.[1].at(-1)?.name).toBe('t999');
  });

  it('keeps nothing at a size of 0, nor where a collector takes the spans', () => {
    const none = tracingWith(0);
    expect(none.ring.trace(record(none, 'a'))).toEqual([]);
    const exported = new Tracing(Config.from({ WAYBILL_TRACE_RATIO: '1', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }));
    expect(exported.ring.trace(record(exported, 'a'))).toEqual([]);
  });
});
