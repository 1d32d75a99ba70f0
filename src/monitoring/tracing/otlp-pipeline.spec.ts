import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanKind } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { Config } from '../../config/config.js';
import { collectorOf } from './collector.js';
import { OtlpExporter } from './otlp-exporter.js';
import { OtlpPipeline, type SpanLoss } from './otlp-pipeline.js';
import { Tracing } from './tracing.js';

function exporterTo(url: string): OtlpExporter {
  const collector = collectorOf(Config.from({ OTEL_EXPORTER_OTLP_ENDPOINT: url }));
  if (collector === undefined) throw new Error('no collector');
  return new OtlpExporter(collector);
}

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

describe('OtlpPipeline', () => {
  const servers: Server[] = [];

  afterEach(async () => {
    await Promise.all(
      servers.splice(0).map((server) => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      }),
    );
  });

  /** A collector that keeps what it is sent and then does as it is told. */
  async function collector(answer: RequestListener): Promise<{ url: string; received: Received[]; server: Server }> {
    const received: Received[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks) });
        server.emit('received');
        answer(request, response);
      });
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, server };
  }

  function tracingTo(url: string): { tracing: Tracing; losses: { reason: SpanLoss; spans: number }[] } {
    const tracing = new Tracing(Config.from({ WAYBILL_TRACE_RATIO: '1', OTEL_EXPORTER_OTLP_ENDPOINT: url }));
    const losses: { reason: SpanLoss; spans: number }[] = [];
    tracing.reportLosses((reason, spans) => losses.push({ reason, spans }));
    return { tracing, losses };
  }

  function record(tracing: Tracing, name = 'publish chat'): void {
    tracing.rootWithId('connection', { name, kind: SpanKind.SERVER, attributes: { 'waybill.connection.id': 'c-42' } }).end();
  }

  it('posts protobuf to v1/traces below the endpoint, with service and span in it', async () => {
    const { url, received } = await collector((_request, response) => response.writeHead(200).end());
    const { tracing, losses } = tracingTo(`${url}/`);
    record(tracing);
    await tracing.shutdown();
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ method: 'POST', url: '/v1/traces', headers: { 'content-type': 'application/x-protobuf' } });
    const text = received[0]?.body.toString('latin1') ?? '';
    for (const part of ['service.name', 'waybill', 'publish chat', 'waybill.connection.id', 'c-42']) expect(text).toContain(part);
    expect(losses).toEqual([]);
  });

  it('counts what a collector refuses, and stops all the same', async () => {
    const { url } = await collector((_request, response) => response.writeHead(400).end());
    const { tracing, losses } = tracingTo(url);
    for (let index = 0; index < 3; index += 1) record(tracing);
    await tracing.shutdown();
    expect(losses).toEqual([{ reason: 'export_failed', spans: 3 }]);
  });

  it('counts what cannot be sent because nobody listens', async () => {
    const { url, server } = await collector(() => undefined);
    server.close();
    await once(server, 'close');
    const { tracing, losses } = tracingTo(url);
    record(tracing);
    const startedAt = performance.now();
    await tracing.shutdown();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    // A refused connection is retried within the request's own timeout; its verdict comes at most that much later.
    await expect.poll(() => losses, { timeout: 8_000 }).toEqual([{ reason: 'export_failed', spans: 1 }]);
  });

  it('neither waits for a collector that hangs, nor keeps the shutdown', async () => {
    const { url, received, server } = await collector(() => undefined);
    const { tracing, losses } = tracingTo(url);
    const arrived = once(server, 'received');
    record(tracing);
    const stopped = tracing.shutdown();
    await arrived;
    const startedAt = performance.now();
    for (let index = 0; index < 1_000; index += 1) record(tracing, `after ${index}`);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await stopped;
    // The request is still under way: nobody waited for its verdict.
    expect(losses).toEqual([]);
    expect(received).toHaveLength(1);
    await expect.poll(() => losses, { timeout: 8_000 }).toContainEqual({ reason: 'export_failed', spans: 1 });
  });

  it('has room again when a batch has left', async () => {
    const { url } = await collector((_request, response) => response.writeHead(200).end());
    const losses: SpanLoss[] = [];
    const pipeline = new OtlpPipeline(exporterTo(url), (reason) => losses.push(reason), 10);
    const source = new Tracing(Config.from({ WAYBILL_TRACE_RATIO: '1' }), [pipeline]);
    for (let batch = 0; batch < 5; batch += 1) {
      for (let index = 0; index < 10; index += 1) record(source);
      await pipeline.forceFlush();
    }
    expect(losses).toEqual([]);
    await source.shutdown();
  });

  it('bounds its queue, and counts what does not fit without waiting', async () => {
    const { url } = await collector(() => undefined);
    let dropped = 0;
    const pipeline = new OtlpPipeline(exporterTo(url), (reason, spans) => (dropped += reason === 'queue_full' ? spans : 0), 10);
    const source = new Tracing(Config.from({ WAYBILL_TRACE_RATIO: '1' }), [pipeline]);
    const startedAt = performance.now();
    for (let index = 0; index < 1_000; index += 1) record(source);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    // Ten left with the first request as soon as the queue was full; ten wait behind it.
    expect(dropped).toBeGreaterThanOrEqual(980);
    expect(dropped).toBeLessThanOrEqual(990);
    await source.shutdown();
  });
});
