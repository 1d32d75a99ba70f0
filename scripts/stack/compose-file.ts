/** docker-compose.yml as plain values, so far as it matters here. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { interpolate } from './interpolation.ts';

const healthcheck = z.strictObject({
  test: z.array(z.string()).min(2),
  interval: z.string(),
  timeout: z.string(),
  retries: z.int(),
  start_period: z.string().optional(),
});

/** Fields that docker-compose.yml uses; one that stands nowhere here is a mistake in either. */
const service = z.strictObject({
  image: z.string(),
  build: z.strictObject({ context: z.string(), args: z.record(z.string(), z.string()) }).optional(),
  profiles: z.array(z.string()).default([]),
  entrypoint: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  tmpfs: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  networks: z
    .union([z.array(z.string()), z.record(z.string(), z.strictObject({ ipv4_address: z.string().optional() }))])
    .transform((value) => (Array.isArray(value) ? Object.fromEntries(value.map((name) => [name, {}])) : value))
    .pipe(z.record(z.string(), z.object({ ipv4_address: z.string().optional() }))),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).default({}),
  healthcheck: healthcheck.optional(),
  'x-no-healthcheck': z.string().optional(),
  mem_limit: z.string(),
  logging: z.strictObject({ driver: z.string(), options: z.record(z.string(), z.string()) }),
  restart: z.string(),
  user: z.string().optional(),
  init: z.boolean().optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()),
  stop_grace_period: z.string().optional(),
  stop_signal: z.string().optional(),
  shm_size: z.string().optional(),
  pid: z.string().optional(),
  ulimits: z.record(z.string(), z.strictObject({ soft: z.int(), hard: z.int() })).optional(),
});

const composeFile = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), service),
  networks: z.record(
    z.string(),
    z.strictObject({
      internal: z.boolean().optional(),
      ipam: z.strictObject({ config: z.array(z.strictObject({ subnet: z.string() })) }).optional(),
    }),
  ),
  volumes: z.record(z.string(), z.strictObject({})),
});

export type ComposeService = z.output<typeof service>;
export type ComposeFile = z.output<typeof composeFile>;

/** Throws `MissingVariable`, or a `ZodError` that names what is unknown or wrong. */
export function readCompose(path: string, variables: Readonly<Record<string, string | undefined>>): ComposeFile {
  const raw = parse(readFileSync(path, 'utf8'), { merge: true }) as Readonly<Record<string, unknown>>;
  const plain = Object.fromEntries(Object.entries(raw).filter(([key]) => !key.startsWith('x-')));
  return composeFile.parse(interpolated(plain, variables));
}

/** Variables stand in texts of the parsed file, so that what they hold is never taken for YAML. */
function interpolated(value: unknown, variables: Readonly<Record<string, string | undefined>>): unknown {
  if (typeof value === 'string') return interpolate(value, variables);
  if (Array.isArray(value)) return value.map((item) => interpolated(item, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolated(item, variables)]));
}

/** A volume as `source:target[:options]`. */
export interface Mount {
  /** A path of this machine, or the name of a volume. */
  readonly source: string;
  readonly target: string;
  readonly options: readonly string[];
}

export function mountsOf({ volumes }: Pick<ComposeService, 'volumes'>): readonly Mount[] {
  return volumes.map((text) => {
    const [source = '', target = '', options = ''] = text.split(':');
    return { source, target, options: options === '' ? [] : options.split(',') };
  });
}

/** Whether a mount is of a path of this machine, not of a named volume. */
export function isBind(mount: Mount): boolean {
  return mount.source.startsWith('.') || mount.source.startsWith('/');
}

/** A published port, `address:published:target`. */
export interface PublishedPort {
  readonly address: string;
  readonly published: number;
  readonly target: number;
}

export function portsOf({ ports }: Pick<ComposeService, 'ports'>): readonly PublishedPort[] {
  return ports.map((text) => {
    const [address = '', published, target] = text.split(':');
    return { address, published: Number(published), target: Number(target) };
  });
}

/** Services so that each comes after those it waits for. */
export function startOrder(services: Readonly<Record<string, Pick<ComposeService, 'depends_on'>>>): readonly string[] {
  const order: string[] = [];
  const visit = (name: string): void => {
    if (order.includes(name)) return;
    for (const needed of Object.keys(services[name]?.depends_on ?? {})) visit(needed);
    order.push(name);
  };
  for (const name of Object.keys(services)) visit(name);
  return order;
}
