/** Programs of the stack that neither npm nor Debian brings, and where `npm run stack:tools` puts them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Beside what other commands keep for the next time. */
export const TOOLS_DIRECTORY = join(ROOT, 'node_modules/.cache/waybill/stack');
export const MANIFEST = join(ROOT, 'stack/otelcol-builder.yaml');

/** Versions near those of docker-compose.yml: the Go module proxy does not have every part of the very same ones. */
export const GO_TOOLS = {
  otelcol: { from: 'go.opentelemetry.io/collector/cmd/builder@v0.159.0', minutes: 10 },
  // Releases 1.76.0 and 2.13.0 are one commit; later ones have no version that the module proxy knows.
  jaeger: { from: 'github.com/jaegertracing/jaeger@v1.76.0', minutes: 25 },
  // Debian's is 2.42.
  prometheus: { from: 'github.com/prometheus/prometheus@v0.314.0', minutes: 15 },
} as const;

export type GoTool = keyof typeof GO_TOOLS;
export const GO_TOOL_NAMES = Object.keys(GO_TOOLS) as readonly GoTool[];

/** Path of a program that was built, or undefined. */
export function builtTool(name: GoTool): string | undefined {
  const path = join(TOOLS_DIRECTORY, name);
  return existsSync(path) ? path : undefined;
}
