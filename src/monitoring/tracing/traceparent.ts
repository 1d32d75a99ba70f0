import { type SpanContext, TraceFlags } from '@opentelemetry/api';

const PATTERN = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

/** Writes a span's context as a W3C traceparent (Trace Context, section 3.2). */
export function formatTraceparent(context: SpanContext): string {
  return `00-${context.traceId}-${context.spanId}-${(context.traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01'}`;
}

/** Reads a W3C traceparent; undefined where there is none or it is malformed, which is never an error. */
export function parseTraceparent(traceparent: string | undefined): SpanContext | undefined {
  const match = traceparent === undefined ? null : PATTERN.exec(traceparent);
  if (match === null) return undefined;
  const [, traceId = NO_TRACE, spanId = NO_SPAN, flags = '00'] = match;
  if (traceId === NO_TRACE || spanId === NO_SPAN) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}
