import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { SpanView, TraceDetail, TraceSummary } from '../../protocol/ops/trace-answer.js';
import { ATTR_CONNECTION_ID, ATTR_MESSAGING_DESTINATION_NAME, ATTR_MESSAGING_MESSAGE_ID } from '../tracing/semconv.js';

/** Sums up the kept spans of one trace; there is at least one. */
export function summarise(traceId: string, spans: readonly ReadableSpan[]): TraceSummary {
  const ordered = byStart(spans);
  const root = rootOf(ordered);
  const startedAt = startOf(ordered[0] as ReadableSpan);
  const endedAt = ordered.reduce((latest, span) => Math.max(latest, hrTimeToMilliseconds(span.endTime)), startedAt);
  const connection = firstText(ordered, ATTR_CONNECTION_ID);
  const topic = firstText(ordered, ATTR_MESSAGING_DESTINATION_NAME);
  const msgId = firstText(ordered, ATTR_MESSAGING_MESSAGE_ID);
  return {
    trace_id: traceId,
    name: root.name,
    kind: SpanKind[root.kind],
    started_at: Math.round(startedAt),
    duration_ms: rounded(endedAt - startedAt),
    spans: ordered.length,
    failed: ordered.some(isFailed),
    ...(connection === undefined ? {} : { connection_id: connection }),
    ...(topic === undefined ? {} : { topic }),
    ...(msgId === undefined ? {} : { msg_id: msgId }),
  };
}

/** The kept spans of one trace as bars of a waterfall: each above its children, siblings in the order they began. */
export function waterfall(traceId: string, spans: readonly ReadableSpan[]): TraceDetail {
  const ordered = byStart(spans);
  const startedAt = startOf(ordered[0] as ReadableSpan);
  return { ...summarise(traceId, spans), spans: parentsFirst(ordered).map((place) => bar(place, startedAt)) };
}

/** Whether any of these spans names this value: a batch of publishes is about many messages. */
export function names(spans: readonly ReadableSpan[], attribute: string, value: string): boolean {
  return spans.some((span) => span.attributes[attribute] === value);
}

function firstText(spans: readonly ReadableSpan[], attribute: string): string | undefined {
  return spans.map((span) => span.attributes[attribute]).find((value) => typeof value === 'string');
}

function bar({ span, depth }: Placed, startedAt: number): SpanView {
  const parent = span.parentSpanContext?.spanId;
  return {
    trace_id: span.spanContext().traceId,
    span_id: span.spanContext().spanId,
    ...(parent === undefined ? {} : { parent_span_id: parent }),
    depth,
    name: span.name,
    kind: SpanKind[span.kind],
    offset_ms: rounded(startOf(span) - startedAt),
    duration_ms: rounded(hrTimeToMilliseconds(span.duration)),
    failed: isFailed(span),
    ...(span.status.message === undefined ? {} : { status_message: span.status.message }),
    attributes: span.attributes,
    links: span.links.map(({ context }) => ({ trace_id: context.traceId, span_id: context.spanId })),
  };
}

function rootOf(ordered: readonly ReadableSpan[]): ReadableSpan {
  return parentsFirst(ordered)[0]?.span ?? (ordered[0] as ReadableSpan);
}

interface Placed {
  readonly span: ReadableSpan;
  readonly depth: number;
}

/** Clocks of spans differ by fractions of a millisecond, so a child may seem to begin before its parent: the tree decides. */
function parentsFirst(ordered: readonly ReadableSpan[]): readonly Placed[] {
  const kept = new Set(ordered.map((span) => span.spanContext().spanId));
  const children = Map.groupBy(ordered, (span) => {
    const parent = span.parentSpanContext?.spanId;
    return parent !== undefined && kept.has(parent) ? parent : undefined;
  });
  const under = (parent: string | undefined, depth: number): readonly Placed[] =>
    (children.get(parent) ?? []).map((span) => ({ span, depth })).reverse();
  const waiting = [...under(undefined, 0)];
  const tree: Placed[] = [];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    tree.push(place);
    waiting.push(...under(place.span.spanContext().spanId, place.depth + 1));
  }
  return tree;
}

function byStart(spans: readonly ReadableSpan[]): readonly ReadableSpan[] {
  return [...spans].sort((left, right) => startOf(left) - startOf(right));
}

function startOf(span: ReadableSpan): number {
  return hrTimeToMilliseconds(span.startTime);
}

function isFailed(span: ReadableSpan): boolean {
  return span.status.code === SpanStatusCode.ERROR;
}

/** To a microsecond. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
