import type { Config } from '../../config/config.js';

type Settings = Config['monitoring'];

/** Where spans are sent. */
export interface Collector {
  /** For http/protobuf the whole address, for grpc that of the server. */
  readonly url: string;
  readonly protocol: Settings['otlpProtocol'];
  readonly headers: Readonly<Record<string, string>>;
  /** Paths of PEM files. */
  readonly caFile: string | undefined;
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
}

/** The collector of the settings; undefined where spans stay in memory. */
export function collectorOf({ monitoring }: Config): Collector | undefined {
  const { otlpEndpoint, otlpTracesEndpoint, otlpProtocol: protocol } = monitoring;
  if (otlpTracesEndpoint === undefined && otlpEndpoint === undefined) return undefined;
  return {
    url: otlpTracesEndpoint ?? tracesUrl(otlpEndpoint as string, protocol),
    protocol,
    headers: monitoring.otlpHeaders ?? {},
    caFile: monitoring.otlpCertificateFile,
    certificateFile: monitoring.otlpClientCertificateFile,
    keyFile: monitoring.otlpClientKeyFile,
  };
}

/** Where a person looks at a trace that the collector has; undefined where nobody said. */
export function traceLink({ monitoring }: Config, traceId: string): string | undefined {
  return monitoring.traceLink?.replaceAll('{trace_id}', traceId);
}

/** `OTEL_EXPORTER_OTLP_ENDPOINT` is a base: traces go to `v1/traces` below it (OTLP specification, "Endpoint URLs for OTLP/HTTP"). */
function tracesUrl(endpoint: string, protocol: Collector['protocol']): string {
  return protocol === 'grpc' ? endpoint : `${endpoint.replace(/\/+$/, '')}/v1/traces`;
}
