/** Which program of this machine stands for which image. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../test/support/tools.ts';
import { ROOT, builtTool } from './tools.ts';

/** How a service is run as a plain process. */
export interface ProgramDefinition {
  /** Path of the program; undefined where it is not installed. */
  readonly find: () => string | undefined;
  /** How to get it. */
  readonly hint: string;
  /** Arguments that the image has by itself, before those of docker-compose.yml. */
  readonly arguments?: readonly string[];
  /** Where its health is asked for, where docker-compose.yml does not say: port and path; without a path it is enough that it listens. */
  readonly health?: readonly [port: number, path?: string];
  /** Arguments after all others that say where it listens, for one that takes no `address:port`. */
  readonly place?: (portOf: (port: number) => number) => readonly string[];
}

const TOOLS_HINT = 'npm run stack:tools (needs Go)';
const apt = (name: string): string => `apt-get install -y --no-install-recommends ${name}`;

/** By image without its tag. Those of Postgres come with the packages and are started in their own way; Grafana is not to be had. */
export const PROGRAMS: Readonly<Record<string, ProgramDefinition>> = {
  waybill: { find: () => process.execPath, hint: 'npm run build', arguments: commandOfDockerfile().slice(1) },
  redis: {
    find: () => findProgram('redis-server'),
    hint: apt('redis-server'),
    health: [6379],
    place: (portOf) => ['--port', String(portOf(6379)), '--bind', '127.0.0.1'],
  },
  nginx: { find: () => findProgram('nginx'), hint: apt('nginx-light') },
  'otel/opentelemetry-collector-contrib': { find: () => builtTool('otelcol'), hint: TOOLS_HINT, health: [13133, '/'] },
  'jaegertracing/jaeger': { find: () => builtTool('jaeger'), hint: TOOLS_HINT },
  'prom/prometheus': { find: () => builtTool('prometheus') ?? findProgram('prometheus'), hint: apt('prometheus') },
  'prom/alertmanager': { find: () => findProgram('prometheus-alertmanager'), hint: apt('prometheus-alertmanager') },
  'prom/node-exporter': { find: () => findProgram('prometheus-node-exporter'), hint: apt('prometheus-node-exporter') },
};

export const POSTGRES_IMAGE = 'postgres';

export function imageName(image: string): string {
  return image.slice(0, image.lastIndexOf(':'));
}

/** The command line that the gateway's own image runs. */
export function commandOfDockerfile(): readonly string[] {
  const line = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
    .split('\n')
    .findLast((each) => each.startsWith('CMD '));
  return JSON.parse(line?.slice('CMD '.length) ?? '[]') as readonly string[];
}
