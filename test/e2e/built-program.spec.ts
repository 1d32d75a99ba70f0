import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { Program } from '../support/program.js';

const API_KEY = 'built-program-key-0123456789';
const TOPIC = '/api/v1/topics/orders.42/messages';

interface SpanView {
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly name: string;
  readonly kind: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The program as it is shipped: `node --import ./dist/telemetry.js dist/main.js`. Only there does the preload see real modules. */
describe('the built program under its preload', { timeout: 180_000 }, () => {
  let database: TestDatabase;
  let program: Program | undefined;
  let collector: Server | undefined;

  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(async () => {
    await program?.dispose();
    program = undefined;
    collector?.closeAllConnections();
    collector?.close();
    collector = undefined;
    await database.drop();
  });

  async function start(env: Readonly<Record<string, string>> = {}): Promise<Program> {
    program = await Program.start({ env: { DATABASE_URL: database.url, WAYBILL_API_KEY: API_KEY, WAYBILL_TRACE_RATIO: '1', ...env } });
    return program;
  }

  /** A collector that answers with `status`, or not at all. */
  async function startCollector(status: number | undefined): Promise<{ url: string; bodies: Buffer[]; server: Server }> {
    const bodies: Buffer[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.url === '/v1/traces') bodies.push(Buffer.concat(chunks));
        if (status !== undefined) response.writeHead(status).end();
      });
    });
    collector = server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies, server };
  }

  async function rest(method: string, path: string, body?: unknown): Promise<{ status: number; json: { data: never; trace_id: string } }> {
    const answer = await fetch(`http://127.0.0.1:${program?.port ?? 0}${path}`, {
      method,
      headers: { authorization: `Bearer ${API_KEY}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, json: (await answer.json()) as { data: never; trace_id: string } };
  }

  async function dropped(reason: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${program?.opsPort ?? 0}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`waybill_telemetry_dropped_total{signal="traces",reason="${reason}"}`));
    return Number(line?.split(' ')[1]);
  }

  it('traces a publish by REST down to its database call', async () => {
    await start();
    const published = await rest('POST', TOPIC, { data: { secret: 'payload-4711' } });
    expect(published.status).toBe(201);
    const spansOf = async (): Promise<readonly SpanView[]> => {
      const { json } = await rest('GET', `/api/v1/ops/traces/${published.json.trace_id}`);
      return (json.data as { spans: readonly SpanView[] } | undefined)?.spans ?? [];
    };
    await expect
      .poll(async () => (await spansOf()).map((span) => span.name))
      .toEqual(expect.arrayContaining(['append', expect.stringContaining('pg.query')]));
    const spans = await spansOf();
    const named = (pattern: RegExp): SpanView => {
      const span = spans.find(({ name }) => pattern.test(name));
      if (span === undefined) throw new Error(`no span ${String(pattern)} among ${spans.map(({ name }) => name).join(', ')}`);
      return span;
    };
    const request = named(/^POST \/api\/v1\/topics\/:topic\/messages$/);
    const publish = named(/^publish orders$/);
    const append = named(/^append$/);
    expect([request.kind, publish.kind, append.kind]).toEqual(['SERVER', 'SERVER', 'CLIENT']);
    expect(publish.parent_span_id).toBe(request.span_id);
    expect(append.parent_span_id).toBe(publish.span_id);
    // The look-up of the API key is a database call too, under the request.
    const queries = spans.filter(({ name }) => name.startsWith('pg.query'));
    expect(queries.map((query) => query.parent_span_id)).toContain(append.span_id);
    for (const query of queries) expect(query).toMatchObject({ kind: 'CLIENT', attributes: { 'db.system.name': 'postgresql' } });
    expect(spans.filter(({ kind }) => kind === 'SERVER')).toHaveLength(2);
    expect(JSON.stringify(spans)).not.toMatch(/payload-4711|built-program-key/);
  });

  it.each(['http/protobuf', 'grpc'] as const)(
    'sends its spans to a collector by %s, and what waits with its shutdown',
    async (protocol) => {
      const receiver = await OtlpReceiver.start(protocol);
      try {
        await start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: protocol });
        const { status, json } = await rest('POST', TOPIC, { data: 1 });
        expect(status).toBe(201);
        const { node } = (await rest('GET', '/api/v1/ops/summary')).json.data as { readonly node: string };
        await program?.terminate();
        const spans = receiver.spans.filter(({ traceId }) => traceId === json.trace_id);
        const named = (pattern: RegExp) => spans.find(({ name }) => pattern.test(name));
        const [request, publish, append] = [/^POST .*messages$/, /^publish orders$/, /^append$/].map(named);
        expect([request?.kind, publish?.kind, append?.kind]).toEqual(['SERVER', 'SERVER', 'CLIENT']);
        expect([publish?.parentSpanId, append?.parentSpanId]).toEqual([request?.spanId, publish?.spanId]);
        const queries = spans.filter(({ name }) => name.startsWith('pg.query'));
        expect(queries.map(({ parentSpanId }) => parentSpanId)).toContain(append?.spanId);
        // The preload reads the settings before the program does, and both are the same node.
        for (const { resource } of receiver.spans)
          expect(resource).toMatchObject({ 'service.name': 'waybill', 'service.instance.id': node });
        expect(receiver.text).not.toContain(API_KEY);
      } finally {
        await receiver.close();
      }
    },
  );

  it.each([
    { collector: 'answers 500', status: 500 },
    { collector: 'never answers', status: undefined },
  ])('goes on and stops in time with a collector that $collector', async ({ status }) => {
    const { url } = await startCollector(status);
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    for (let index = 0; index < 5; index += 1) expect((await rest('POST', TOPIC, { data: index })).status).toBe(201);
    await expect.poll(() => dropped('export_failed'), { timeout: 15_000 }).toBeGreaterThan(0);
    expect((await rest('POST', TOPIC, { data: 'after' })).status).toBe(201);
    const startedAt = performance.now();
    await program?.terminate();
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  it('goes on with a collector that is not there', async () => {
    const { url, server } = await startCollector(200);
    server.close();
    await once(server, 'close');
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    expect((await rest('POST', TOPIC, { data: 1 })).status).toBe(201);
    await expect.poll(() => dropped('export_failed'), { timeout: 15_000 }).toBeGreaterThan(0);
    expect((await rest('GET', '/api/v1/ops/traces')).json.data).toMatchObject({ items: [], collector: true });
  });
});
