import { readFileSync } from 'node:fs';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Collector } from './collector.js';

const REQUEST_TIMEOUT_MS = 3_000;

/**
 * Hands spans to the exporter of the collector's protocol. Each protocol's module is loaded only where it is chosen, beside the start
 * of the program: loading them all would make every start longer, those without a collector too.
 */
export class OtlpExporter implements SpanExporter {
  private readonly loading: Promise<SpanExporter>;

  constructor(collector: Collector) {
    this.loading = load(collector);
    // Whoever exports is told.
    this.loading.catch(() => undefined);
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.loading.then(
      (exporter) => exporter.export(spans, done),
      (error: unknown) => done({ code: ExportResultCode.FAILED, error: error instanceof Error ? error : new Error(String(error)) }),
    );
  }

  async forceFlush(): Promise<void> {
    await (await this.loading).forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await (await this.loading).shutdown();
  }
}

function load(collector: Collector): Promise<SpanExporter> {
  return collector.protocol === 'grpc' ? loadGrpc(collector) : loadHttp(collector);
}

async function loadHttp({ url, headers, caFile, certificateFile, keyFile }: Collector): Promise<SpanExporter> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter({
    url,
    headers: { ...headers },
    timeoutMillis: REQUEST_TIMEOUT_MS,
    httpAgentOptions: { keepAlive: true, ca: pem(caFile), cert: pem(certificateFile), key: pem(keyFile) },
  });
}

async function loadGrpc({ url, headers, caFile, certificateFile, keyFile }: Collector): Promise<SpanExporter> {
  const [{ OTLPTraceExporter }, { credentials, Metadata }] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-grpc'),
    import('@grpc/grpc-js'),
  ]);
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return new OTLPTraceExporter({
    url,
    metadata,
    timeoutMillis: REQUEST_TIMEOUT_MS,
    credentials: url.startsWith('https://')
      ? credentials.createSsl(pem(caFile) ?? null, pem(keyFile) ?? null, pem(certificateFile) ?? null)
      : credentials.createInsecure(),
  });
}

function pem(path: string | undefined): Buffer | undefined {
  return path === undefined ? undefined : readFileSync(path);
}
