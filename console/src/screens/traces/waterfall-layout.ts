import type { Span, TraceDetail } from './trace-answer.ts';

export interface Bar {
  /** Shares of the whole, 0 to 1. */
  readonly left: number;
  readonly width: number;
  /** Duration without that of its children: where the time went. */
  readonly ownMs: number;
}

/** Where each span stands on the line of the trace. */
export function barsOf({ spans, duration_ms: whole }: Pick<TraceDetail, 'spans' | 'duration_ms'>): ReadonlyMap<string, Bar> {
  const scale = whole > 0 ? whole : 1;
  return new Map(
    spans.map((span) => {
      const left = clamp(span.offset_ms / scale);
      return [span.span_id, { left, width: Math.min(1 - left, clamp(span.duration_ms / scale)), ownMs: ownTime(span, spans) }];
    }),
  );
}

/** The span in which most of the time went by; undefined where there is none. */
export function slowest(spans: readonly Span[]): Span | undefined {
  return spans.reduce<Span | undefined>(
    (most, span) => (most === undefined || ownTime(span, spans) > ownTime(most, spans) ? span : most),
    undefined,
  );
}

/** Children that ran at the same time are counted once. */
export function ownTime(span: Span, spans: readonly Span[]): number {
  const end = span.offset_ms + span.duration_ms;
  const children = spans
    .filter(({ parent_span_id: parent }) => parent === span.span_id)
    .map((child) => [Math.max(span.offset_ms, child.offset_ms), Math.min(end, child.offset_ms + child.duration_ms)] as const)
    .filter(([from, to]) => to > from)
    .toSorted(([left], [right]) => left - right);
  let covered = 0;
  let until = span.offset_ms;
  for (const [from, to] of children) {
    covered += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return Math.max(0, span.duration_ms - covered);
}

const STEPS = [1, 2, 2.5, 5, 10];

/** Round times for the scale: at most `most` of them, in milliseconds from the beginning. */
export function ticksOf(wholeMs: number, most = 5): readonly number[] {
  if (wholeMs <= 0) return [0];
  const rough = wholeMs / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((each) => each * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(wholeMs / step) + 1 }, (_, place) => place * step);
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
