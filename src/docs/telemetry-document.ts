import { INSTRUMENTATIONS, SPANS, type SpanDefinition } from '../monitoring/tracing/catalogue.js';
import { code, markdownTable } from './markdown-table.js';

const INTRODUCTION = `# Traces

A socket is not one giant trace: the handshake ends at 101, every command is a trace of its own that links to the handshake, and the
close links back to it. Whatever belongs to a connection carries its id, so that a search for \`waybill.connection.id\` shows its life.`;

const DESTINATION = `## Where spans go

**To a collector** where \`OTEL_EXPORTER_OTLP_ENDPOINT\` is set: by OTLP over http/protobuf or, with \`OTEL_EXPORTER_OTLP_PROTOCOL=grpc\`,
over gRPC. The other variables are in [config.md](config.md), under \`monitoring\`; the exporter also follows
\`OTEL_EXPORTER_OTLP_COMPRESSION\` (\`gzip\`). \`WAYBILL_TRACE_LINK\` says where people look at what the collector has, such as
\`http://127.0.0.1:16686/trace/{trace_id}\`; waybills, \`ops/traces\` and the command line then give links.

**Without a collector** the last spans (\`WAYBILL_TRACE_RING\`) are kept in memory: \`waybill traces\` lists them, \`waybill trace ID\` draws
one as a waterfall, and \`GET /api/v1/ops/traces\` answers both. A restart forgets them, and each node has its own.

**A collector in trouble** costs spans and nothing else. At most 4,096 spans wait, which is less than ten megabytes; one request is under way
at a time and is given up after three seconds; at the end of the program what waits is sent for a second and a half at most. What is lost is
counted in \`waybill_telemetry_dropped_total{signal="traces"}\`: \`queue_full\` where too many waited, \`export_failed\` where the collector refused
or did not answer. \`npm run bench -- collector\` measures it.

Everything that is sent says which process it is from: \`service.name\` (\`OTEL_SERVICE_NAME\`), \`service.version\`, \`service.instance.id\` (the node's
name, as answers, logs and metrics give it), \`host.name\`, \`process.*\`, and whatever \`OTEL_RESOURCE_ATTRIBUTES\` adds.`;

const CONTEXT = `## Whose trace it is

**The publisher's context reaches every subscriber.** A message carries one W3C \`traceparent\` in its \`trace\` field, over REST (the header), the socket
(the envelope) and SQL (the argument of \`waybill.publish\`), unchanged: what a subscriber receives, recovers or reads from history is what the publisher
sent. Where the publisher sent none, it is that of the publish's own span, if that is traced.

**Whose traceparent is followed** is \`WAYBILL_TRUST_TRACEPARENT\`. Followed means: the caller's span is the parent of ours, its trace id is the one of
answers, logs and waybills, its \`tracestate\` goes along (malformed or longer than 512 characters, it is dropped), and its sampled flag decides, as long as
no more than \`WAYBILL_TRACE_RATE\` a second are traced for it.

| value | followed | linked |
|---|---|---|
| \`nobody\` | nobody | everybody |
| \`keys\` (default) | REST with an API key that is good; publishes by SQL, whose delivery is then a child of the transaction's span | sockets, user tokens, operators |
| \`everyone\` | everybody, also the handshake and the publishes of sockets: for gateways that only programs of your own reach | nobody |

What is only linked begins a trace of its own, so that no client decides what is traced, and no client's id hides another's spans.

**Probes go before all of it**: what a probe names is traced, up to \`WAYBILL_PROBES_SPANS_PER_SECOND\`, and carries \`waybill.probe\`, by which a collector
that keeps a share of the traces can keep these.`;

/** docs/telemetry.md: every span of our own, from the table that names them. */
export function telemetryDocument(): string {
  const spans: readonly SpanDefinition[] = Object.values(SPANS);
  const rows = spans.map((span) => [code(span.name), span.kind, span.parent, span.links, span.ends, span.sampled]);
  const table = markdownTable(['span', 'kind', 'parent', 'links', 'ends', 'traced'], rows);
  return `${[INTRODUCTION, DESTINATION, `## Spans\n\n${table}`, CONTEXT, attributeSection(spans), instrumentationSection()].join('\n\n')}\n`;
}

function attributeSection(spans: readonly SpanDefinition[]): string {
  const rows = spans.map((span) => [code(span.name), span.kind, span.attributes.map(code).join(', ')]);
  return `## Attributes\n\n${markdownTable(['span', 'kind', 'attributes'], rows)}`;
}

function instrumentationSection(): string {
  const rows = INSTRUMENTATIONS.map((item) => [code(item.package), code(item.spans), item.note]);
  return `## Instrumentations beside them\n\n${markdownTable(['package', 'spans', 'note'], rows)}`;
}
