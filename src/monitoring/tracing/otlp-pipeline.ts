import { TraceFlags } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { BatchSpanProcessor, type ReadableSpan, type Span, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';

/** Why spans were lost: the queue was full, or the collector did not take them. */
export type SpanLoss = 'queue_full' | 'export_failed';
export type LossListener = (reason: SpanLoss, spans: number, error: Error | undefined) => void;

/** A span in the queue holds about two kilobytes: a queue that is full stays under ten megabytes. */
const QUEUE_SPANS = 4_096;
const BATCH_SPANS = 512;
const EXPORT_EVERY_MS = 1_000;
/** Above the timeout of one request, so that a failure is counted by its export. */
const EXPORT_TIMEOUT_MS = 5_000;

/**
 * Hands spans to an exporter in batches. Nothing here can slow or stop the gateway: the queue is bounded, one batch at a time is under
 * way, and what is lost is counted.
 */
export class OtlpPipeline implements SpanProcessor {
  private readonly batches: BatchSpanProcessor;
  private queued = 0;

  constructor(
    exporter: SpanExporter,
    private readonly onLoss: LossListener,
    private readonly queueSpans: number = QUEUE_SPANS,
  ) {
    this.batches = new BatchSpanProcessor({
      exporter: this.counted(exporter),
      maxQueueSize: queueSpans,
      maxExportBatchSize: Math.min(BATCH_SPANS, queueSpans),
      scheduledDelayMillis: EXPORT_EVERY_MS,
      exportTimeoutMillis: EXPORT_TIMEOUT_MS,
    });
  }

  /** Spans that have not been handed to a request yet. */
  get waiting(): number {
    return this.queued;
  }

  onStart(_span: Span): void {
    // Nothing to do until it has ended.
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (this.queued >= this.queueSpans) {
      this.onLoss('queue_full', 1, undefined);
      return;
    }
    this.queued += 1;
    this.batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.batches.shutdown();
  }

  /** The batch processor says nothing of what it drops or fails to send, so both are counted around it. */
  private counted(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans: ReadableSpan[], done: (result: ExportResult) => void): void => {
        this.queued -= spans.length;
        exporter.export(spans, (result) => {
          if (result.code !== ExportResultCode.SUCCESS) this.onLoss('export_failed', spans.length, result.error);
          done(result);
        });
      },
      forceFlush: async () => exporter.forceFlush?.(),
      shutdown: () => exporter.shutdown(),
    };
  }
}
