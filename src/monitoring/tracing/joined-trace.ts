import type { SpanView, TraceDetail } from '../../protocol/ops/trace-answer.js';

/** One trace of what several nodes have of it, each span above its children, whichever node they are of; undefined where none has any. */
export function joinedTrace(parts: readonly TraceDetail[]): TraceDetail | undefined {
  const [first, ...others] = parts.toSorted((one, other) => one.started_at - other.started_at);
  if (first === undefined || others.length === 0) return first;
  const startedAt = first.started_at;
  const spans = parts.flatMap((part) =>
    part.spans.map((span) => ({ ...span, offset_ms: rounded(span.offset_ms + part.started_at - startedAt) })),
  );
  const ordered = parentsFirst(spans.toSorted((one, other) => one.offset_ms - other.offset_ms));
  const root = ordered[0] as SpanView;
  return {
    ...first,
    ...Object.assign({}, ...parts.map(({ connection_id, topic, msg_id }) => defined({ connection_id, topic, msg_id }))),
    name: root.name,
    kind: root.kind,
    duration_ms: rounded(Math.max(...ordered.map((span) => span.offset_ms + span.duration_ms))),
    failed: parts.some(({ failed }) => failed),
    spans: ordered,
  };
}

function parentsFirst(spans: readonly SpanView[]): readonly SpanView[] {
  const kept = new Set(spans.map((span) => span.span_id));
  const children = Map.groupBy(spans, ({ parent_span_id: parent }) => (parent !== undefined && kept.has(parent) ? parent : undefined));
  const under = (parent: string | undefined, depth: number): SpanView[] =>
    (children.get(parent) ?? []).map((span) => ({ ...span, depth })).reverse();
  const waiting = under(undefined, 0);
  const tree: SpanView[] = [];
  for (let span = waiting.pop(); span !== undefined; span = waiting.pop()) {
    tree.push(span);
    waiting.push(...under(span.span_id, span.depth + 1));
  }
  return tree;
}

function defined(values: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** To a microsecond. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
