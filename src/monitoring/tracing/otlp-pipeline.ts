import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor, type ReadableSpan, type Span, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { TraceFlags } from '@opentelemetry/api';

/** Why spans were lost: the queue was full, or the collector did not take them. */
export type SpanLoss = 'queue_full' | 'export_failed';
export type LossListener = (reason: SpanLoss, spans: number, error: Error | undefined) => void;

const QUEUE_SPANS = 8_192;
const BATCH_SPANS = 512;
const EXPORT_EVERY_MS = 1_000;
const REQUEST_TIMEOUT_MS = 3_000;
/** Above the request's own timeout, so that a failure is counted by its export. */
const EXPORT_TIMEOUT_MS = 5_000;

/**
 * Sends spans to an OTLP collector by http/protobuf. Nothing here can slow or stop the gateway: the queue is bounded, requests
 * time out, and what is lost is counted.
 */
export class OtlpPipeline implements SpanProcessor {
  private readonly batches: BatchSpanProcessor;
  private queued = 0;

  constructor(
    endpoint: string,
    private readonly onLoss: LossListener,
    private readonly queueSpans: number = QUEUE_SPANS,
  ) {
    const exporter = new OTLPTraceExporter({ url: tracesUrl(endpoint), timeoutMillis: REQUEST_TIMEOUT_MS });
    this.batches = new BatchSpanProcessor({
      exporter: this.counted(exporter),
      maxQueueSize: queueSpans,
      maxExportBatchSize: Math.min(BATCH_SPANS, queueSpans),
      scheduledDelayMillis: EXPORT_EVERY_MS,
      exportTimeoutMillis: EXPORT_TIMEOUT_MS,
    });
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
  private counted(exporter: OTLPTraceExporter): SpanExporter {
    return {
      export: (spans: ReadableSpan[], done: (result: ExportResult) => void): void => {
        this.queued -= spans.length;
        exporter.export(spans, (result) => {
          if (result.code !== ExportResultCode.SUCCESS) this.onLoss('export_failed', spans.length, result.error);
          done(result);
        });
      },
      forceFlush: () => exporter.forceFlush(),
      shutdown: () => exporter.shutdown(),
    };
  }
}

/** `OTEL_EXPORTER_OTLP_ENDPOINT` is a base: traces go to `v1/traces` below it (OTLP specification, "Endpoint URLs for OTLP/HTTP"). */
function tracesUrl(endpoint: string): string {
  return `${endpoint.replace(/\/+$/, '')}/v1/traces`;
}
