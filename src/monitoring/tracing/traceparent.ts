import { type SpanContext, TraceFlags } from '@opentelemetry/api';
import { TraceState } from '@opentelemetry/core';

const PATTERN = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);
/** Trace Context, section 3.3.1.5: what everybody has to hand on; more is dropped here. */
const LONGEST_STATE = 512;
const MOST_MEMBERS = 32;
/** `key=value` (section 3.3.1.3): keys of lower-case letters, digits and _-*\/, with one @; values printable, without comma and equals sign. */
const MEMBER =
  /^[a-z0-9][a-z0-9_\-*/]{0,255}(?:@[a-z][a-z0-9_\-*/]{0,13})?=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

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

/** As `parseTraceparent`, with the caller's tracestate where that is well-formed and no longer than 512 characters. */
export function parseTraceContext(traceparent: string | undefined, tracestate: string | undefined): SpanContext | undefined {
  const context = parseTraceparent(traceparent);
  if (context === undefined || tracestate === undefined || !isTracestate(tracestate)) return context;
  return { ...context, traceState: new TraceState(tracestate) };
}

function isTracestate(text: string): boolean {
  if (text.length > LONGEST_STATE) return false;
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  const keys = new Set(members.map((member) => member.slice(0, member.indexOf('='))));
  return (
    members.length > 0 && members.length <= MOST_MEMBERS && keys.size === members.length && members.every((member) => MEMBER.test(member))
  );
}
