import { type Attributes, context, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { ERRORS, type ErrorCode } from '../../protocol/error-codes.js';
import type { Observation } from '../../telemetry/telemetry.js';
import { ATTR_ERROR_TYPE, ATTR_RESULT } from '../tracing/semconv.js';
import { formatTraceparent } from '../tracing/traceparent.js';

const LONGEST_MESSAGE = 200;

/** Something under way: measured always, traced where it has a span. Subclasses say what its end is counted as. */
export abstract class SpanObservation implements Observation {
  private readonly startedAt = performance.now();
  private ended = false;

  constructor(protected span: Span | undefined) {}

  get traceparent(): string | undefined {
    return this.span?.isRecording() === true ? formatTraceparent(this.span.spanContext()) : undefined;
  }

  get traceId(): string | undefined {
    return this.span?.spanContext().traceId;
  }

  run<T>(work: () => T): T {
    return this.span === undefined ? work() : context.with(trace.setSpan(context.active(), this.span), work);
  }

  end(result: ErrorCode, detail?: { readonly message?: string }): void {
    if (this.ended) return;
    this.ended = true;
    this.count(result, this.elapsedSeconds(), detail?.message);
    if (this.span !== undefined) endSpan(this.span, { result, message: detail?.message, at: this.endTime() });
  }

  /** Adds the end to the metrics; called once. */
  protected abstract count(result: ErrorCode, seconds: number, message: string | undefined): void;

  /** By `performance.now()`, for a span whose beginning was given; undefined: now, by the span's own clock. */
  protected endTime(): number | undefined {
    return undefined;
  }

  protected elapsedSeconds(): number {
    return (performance.now() - this.startedAt) / 1_000;
  }

  protected attribute(attributes: Attributes): void {
    if (this.span?.isRecording() === true) this.span.setAttributes(attributes);
  }
}

/** Server faults mark the span as failed; what the caller did wrong does not (HTTP conventions, "Status", for servers). */
function endSpan(
  span: Span,
  { result, message, at }: { readonly result: ErrorCode; readonly message: string | undefined; readonly at: number | undefined },
): void {
  if (span.isRecording()) {
    span.setAttribute(ATTR_RESULT, result);
    if (result !== 'OK') span.setAttribute(ATTR_ERROR_TYPE, result);
    if (ERRORS[result].http >= 500) {
      span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message: message.slice(0, LONGEST_MESSAGE) }) });
    }
  }
  span.end(at);
}
