import type { SpanView, TraceDetail, TraceSummary } from '../protocol/ops/trace-answer.js';
import { table } from './table.js';

const BAR_WIDTH = 40;

/** One line for each trace. */
export function traceTable(items: readonly TraceSummary[]): readonly string[] {
  return table(
    ['STARTED', 'TRACE', 'NAME', 'TOOK', 'SPANS', 'FAILED', 'TOPIC', 'MESSAGE', 'CONNECTION'],
    items.map((item) => [
      new Date(item.started_at).toISOString(),
      item.trace_id,
      item.name,
      milliseconds(item.duration_ms),
      String(item.spans),
      item.failed ? 'yes' : '-',
      item.topic ?? '-',
      item.msg_id ?? '-',
      item.connection_id ?? '-',
    ]),
  );
}

/** One trace as bars below one another, each from its beginning to its end. */
export function waterfallLines({ spans, duration_ms: whole }: TraceDetail): readonly string[] {
  return table(
    ['SPAN', 'KIND', 'AT', 'TOOK', `0${' '.repeat(BAR_WIDTH - 2)}|`],
    spans.map((span) => [
      `${'  '.repeat(span.depth)}${span.name}${span.failed ? ' (failed)' : ''}`,
      span.kind,
      milliseconds(span.offset_ms),
      milliseconds(span.duration_ms),
      bar(span, whole),
    ]),
  );
}

/** What every span says of itself, and what it refers to. */
export function detailLines(spans: readonly SpanView[]): readonly string[] {
  return spans.flatMap(({ name, status_message: message, attributes, links }) => [
    name,
    ...(message === undefined ? [] : [`  status ${message}`]),
    ...Object.entries(attributes).map(([attribute, value]) => `  ${attribute} ${JSON.stringify(value)}`),
    ...links.map((link) => `  linked to the trace ${link.trace_id}, span ${link.span_id}`),
  ]);
}

/** At least one character, and never beyond the end. */
function bar({ offset_ms: offset, duration_ms: took }: SpanView, whole: number): string {
  const scale = whole > 0 ? BAR_WIDTH / whole : 0;
  const from = Math.min(BAR_WIDTH - 1, Math.floor(offset * scale));
  const length = Math.max(1, Math.min(BAR_WIDTH - from, Math.round(took * scale)));
  return `${' '.repeat(from)}${'='.repeat(length)}`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}
