import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';

/** The last finished spans, kept in memory where no collector takes them; indexed by trace. */
export class SpanRing implements SpanProcessor {
  private readonly spans: ReadableSpan[] = [];
  private oldest = 0;
  private readonly traces = new Map<string, Set<ReadableSpan>>();

  /** @param capacity spans kept; 0 keeps none. */
  constructor(private readonly capacity: number) {}

  /** Spans of one trace, in the order they ended; empty where none is kept. */
  trace(traceId: string): readonly ReadableSpan[] {
    return [...(this.traces.get(traceId) ?? [])];
  }

  /** Every kept trace, the one that began to arrive last first. */
  *newestFirst(): IterableIterator<readonly [traceId: string, spans: readonly ReadableSpan[]]> {
    for (const traceId of [...this.traces.keys()].reverse()) yield [traceId, this.trace(traceId)];
  }

  get size(): number {
    return this.spans.length;
  }

  onStart(): void {
    // A span is kept when it has ended: before that it says little.
  }

  onEnd(span: ReadableSpan): void {
    const { traceId, traceFlags } = span.spanContext();
    if (this.capacity === 0 || (traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (this.spans.length < this.capacity) {
      this.spans.push(span);
    } else {
      this.forget(this.spans[this.oldest]);
      this.spans[this.oldest] = span;
      this.oldest = (this.oldest + 1) % this.capacity;
    }
    const siblings = this.traces.get(traceId);
    if (siblings === undefined) this.traces.set(traceId, new Set([span]));
    else siblings.add(span);
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  private forget(span: ReadableSpan | undefined): void {
    if (span === undefined) return;
    const { traceId } = span.spanContext();
    const siblings = this.traces.get(traceId);
    siblings?.delete(span);
    if (siblings?.size === 0) this.traces.delete(traceId);
  }
}
