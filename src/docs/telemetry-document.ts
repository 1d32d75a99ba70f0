import { INSTRUMENTATIONS, SPANS, type SpanDefinition } from '../monitoring/tracing/catalogue.js';
import { code, markdownTable } from './markdown-table.js';

const INTRODUCTION = `# Traces

Spans are sent by OTLP (http/protobuf) where \`OTEL_EXPORTER_OTLP_ENDPOINT\` is set; else the last ones are kept in memory and
\`GET /api/v1/ops/traces\` answers them. A socket is not one giant trace: the handshake ends at 101, every command is a trace of its
own that links to the handshake, and the close links back to it.`;

/** docs/telemetry.md: every span of our own, from the table that names them. */
export function telemetryDocument(): string {
  const spans: readonly SpanDefinition[] = Object.values(SPANS);
  const rows = spans.map((span) => [code(span.name), span.kind, span.parent, span.links, span.ends, span.sampled]);
  const table = markdownTable(['span', 'kind', 'parent', 'links', 'ends', 'traced'], rows);
  return `${[INTRODUCTION, `## Spans\n\n${table}`, attributeSection(spans), instrumentationSection()].join('\n\n')}\n`;
}

function attributeSection(spans: readonly SpanDefinition[]): string {
  const rows = spans.map((span) => [code(span.name), span.kind, span.attributes.map(code).join(', ')]);
  return `## Attributes\n\n${markdownTable(['span', 'kind', 'attributes'], rows)}`;
}

function instrumentationSection(): string {
  const rows = INSTRUMENTATIONS.map((item) => [code(item.package), code(item.spans), item.note]);
  return `## Instrumentations beside them\n\n${markdownTable(['package', 'spans', 'note'], rows)}`;
}
