import { SpanKind } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { OtlpReceiver } from '../../../test/support/otlp-receiver.js';
import { Config, ConfigError } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import type { SpanLoss } from './otlp-pipeline.js';
import { Tracing } from './tracing.js';

describe.each(['http/protobuf', 'grpc'] as const)('spans sent by %s', (protocol) => {
  let receiver: OtlpReceiver;
  const losses: { reason: SpanLoss; spans: number }[] = [];

  afterEach(async () => {
    losses.length = 0;
    await receiver.close();
  });

  async function started(env: Readonly<Record<string, string>> = {}): Promise<{ tracing: Tracing; config: Config }> {
    receiver = await OtlpReceiver.start(protocol);
    const config = Config.from({
      WAYBILL_TRACE_RATIO: '1',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      ...env,
    });
    const tracing = new Tracing(config);
    tracing.reportLosses((reason, spans) => losses.push({ reason, spans }));
    return { tracing, config };
  }

  function record(tracing: Tracing, name: string): void {
    tracing
      .rootWithId('connection', {
        name,
        kind: SpanKind.SERVER,
        attributes: { 'waybill.connection.id': 'c-42', 'waybill.seq': 7, 'waybill.durable': true, 'a.double': 1.5, 'a.list': ['x', 'y'] },
        links: ['00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01'],
      })
      .end();
  }

  it('arrive whole, with what the settings say of this program', async () => {
    const { tracing, config } = await started({
      OTEL_SERVICE_NAME: 'chat gateway',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.namespace=shop%20one,service.instance.id=not-this',
    });
    record(tracing, 'publish chat');
    await tracing.shutdown();
    expect(losses).toEqual([]);
    expect(receiver.paths).toEqual([protocol === 'grpc' ? expect.stringContaining('TraceService/Export') : '/v1/traces']);
    expect(receiver.spans).toMatchObject([
      {
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
        spanId: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
        parentSpanId: undefined,
        name: 'publish chat',
        kind: 'SERVER',
        failed: false,
        attributes: { 'waybill.connection.id': 'c-42', 'waybill.seq': 7, 'waybill.durable': true, 'a.double': 1.5, 'a.list': ['x', 'y'] },
        links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }],
        scope: 'waybill',
        resource: {
          'service.name': 'chat gateway',
          'service.namespace': 'shop one',
          'deployment.environment.name': 'test',
          'service.instance.id': nodeIdOf(config),
          'service.version': expect.stringMatching(/^\d/) as unknown,
          'host.name': expect.any(String) as unknown,
          'telemetry.sdk.language': 'nodejs',
        },
      },
    ]);
    const [span] = receiver.spans;
    expect(span?.endedAt).toBeGreaterThanOrEqual(span?.startedAt ?? 0n);
  });

  it('carry the headers that the collector asks for', async () => {
    const { tracing } = await started({ OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20s3cret,x-tenant=blue' });
    record(tracing, 'one');
    await tracing.shutdown();
    expect(receiver.headers).toMatchObject([{ authorization: 'Bearer s3cret', 'x-tenant': 'blue' }]);
  });

  it('are counted where the collector refuses them', async () => {
    const { tracing } = await started();
    receiver.manner = 'refuse';
    for (const name of ['one', 'two', 'three']) record(tracing, name);
    await tracing.shutdown();
    expect(losses).toEqual([{ reason: 'export_failed', spans: 3 }]);
  });

  it('hold up neither their makers nor the end where the collector hangs, and are counted', async () => {
    const { tracing } = await started();
    receiver.manner = 'hang';
    record(tracing, 'one');
    const startedAt = performance.now();
    await tracing.shutdown();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await expect.poll(() => losses, { timeout: 8_000 }).toEqual([{ reason: 'export_failed', spans: 1 }]);
  });
});

describe('the settings of the collector', () => {
  const problems = (env: Readonly<Record<string, string>>): string => {
    try {
      Config.from(env);
      return '';
    } catch (error) {
      return (error as ConfigError).problems.join('\n');
    }
  };

  it.each([
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
      /OTEL_EXPORTER_OTLP_PROTOCOL: "http\/json" must be one of http\/protobuf, grpc\. .*no http\/json/,
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '127.0.0.1:4318' }, /must be an http:\/\/ or https:\/\/ address/],
    [{ OTEL_EXPORTER_OTLP_CERTIFICATE: '/no/such.pem' }, /OTEL_EXPORTER_OTLP_CERTIFICATE: .*cannot be read/],
    [{ OTEL_EXPORTER_OTLP_CLIENT_KEY: import.meta.filename }, /one is set without the other/],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'no pair' }, /must be name=value pairs/],
    [{ WAYBILL_TRACE_LINK: 'http://127.0.0.1:16686/trace/' }, /\{trace_id\}/],
  ])('%j stops the start with a sentence', (env, sentence) => {
    expect(problems(env as unknown as Record<string, string>)).toMatch(sentence);
  });

  it('never shows a header', () => {
    expect(problems({ OTEL_EXPORTER_OTLP_HEADERS: 'api-key=%E0%A4%A' })).toMatch(/^OTEL_EXPORTER_OTLP_HEADERS: its value must be/);
  });

  it('sends where OTEL_EXPORTER_OTLP_TRACES_ENDPOINT says, as it stands there', async () => {
    const receiver = await OtlpReceiver.start();
    const tracing = new Tracing(Config.from({ WAYBILL_TRACE_RATIO: '1', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/otlp/t` }));
    tracing.rootWithId('connection', { name: 'one', kind: SpanKind.SERVER }).end();
    await tracing.shutdown();
    expect(receiver.paths).toEqual(['/otlp/t']);
    await receiver.close();
  });
});
