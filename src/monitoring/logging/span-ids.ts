import { isSpanContextValid, type SpanContext } from '@opentelemetry/api';

/** The fields by which a line and a span find one another, as the conventions of OpenTelemetry name them. */
export interface SpanIds {
  readonly trace_id: string;
  readonly span_id: string;
  /** `01`: the trace was sampled, so it can be looked up; `00`: it was not. */
  readonly trace_flags: string;
}

/** Nothing where there is no valid span. */
export function spanIds(context: SpanContext | undefined): SpanIds | undefined {
  if (context === undefined || !isSpanContextValid(context)) return undefined;
  return { trace_id: context.traceId, span_id: context.spanId, trace_flags: context.traceFlags.toString(16).padStart(2, '0') };
}
