import { accessSync, constants } from 'node:fs';
import { oneOf, optionalPairs, optionalText, text } from '../option.js';

/** Where traces go and what they say of this program, by the names that OpenTelemetry's specification gives these variables. */
export const otlpOptions = {
  otlpEndpoint: optionalText({
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    unit: 'URL',
    zero: 'spans stay in memory',
    doc: 'OTLP collector that traces are sent to, for example http://127.0.0.1:4318; with the protocol grpc http://127.0.0.1:4317.',
    check: checkEndpoint,
  }),
  otlpTracesEndpoint: optionalText({
    env: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    unit: 'URL',
    zero: 'v1/traces below OTEL_EXPORTER_OTLP_ENDPOINT',
    doc: 'Whole address that traces are sent to, for a collector that takes them elsewhere; it goes before OTEL_EXPORTER_OTLP_ENDPOINT.',
    check: checkEndpoint,
  }),
  otlpProtocol: oneOf({
    env: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    default: 'http/protobuf',
    values: ['http/protobuf', 'grpc'],
    doc: 'How traces are sent. There is no http/json: what takes that takes http/protobuf at the same address.',
  }),
  otlpHeaders: optionalPairs({
    env: 'OTEL_EXPORTER_OTLP_HEADERS',
    zero: 'none are sent',
    secret: true,
    doc: 'Headers that the collector asks for, such as authorization=Bearer%20secret; with the protocol grpc they are its metadata.',
  }),
  otlpCertificateFile: optionalText({
    env: 'OTEL_EXPORTER_OTLP_CERTIFICATE',
    unit: 'path',
    zero: 'the authorities that Node.js knows',
    doc: "PEM file with the authority that the collector's certificate is from.",
    check: checkReadable,
  }),
  otlpClientCertificateFile: optionalText({
    env: 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
    unit: 'path',
    zero: 'none is shown',
    doc: 'PEM file with the client certificate that is shown to the collector.',
    check: checkReadable,
  }),
  otlpClientKeyFile: optionalText({
    env: 'OTEL_EXPORTER_OTLP_CLIENT_KEY',
    unit: 'path',
    zero: 'no certificate is shown',
    doc: 'PEM file with the private key of that certificate.',
    check: checkReadable,
  }),
  serviceName: text({
    env: 'OTEL_SERVICE_NAME',
    default: 'waybill',
    doc: 'service.name of the spans, by which Jaeger and span metrics list this program.',
  }),
  resourceAttributes: optionalPairs({
    env: 'OTEL_RESOURCE_ATTRIBUTES',
    zero: 'none beside service.*, host.name and process.*',
    doc: 'Further attributes of everything that is sent, such as deployment.environment.name=production,service.namespace=shop.',
  }),
} as const;

function checkEndpoint(value: string): string | undefined {
  const isAddress = /^https?:\/\//.test(value) && URL.canParse(value);
  return isAddress ? undefined : 'must be an http:// or https:// address such as http://127.0.0.1:4318';
}

function checkReadable(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK);
    return undefined;
  } catch {
    return 'cannot be read: name a PEM file that this program may read';
  }
}
