/** The services of docker-compose.yml as plain processes of this machine, with the same configuration files. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { PrivatePostgres } from '../../bench/rig/private-postgres.ts';
import { freePorts } from '../../test/support/ports.ts';
import { type ComposeService, isBind, mountsOf, portsOf, readCompose, startOrder } from './compose-file.ts';
import { environmentFile } from './interpolation.ts';
import { Places } from './places.ts';
import { PROGRAMS, type ProgramDefinition, POSTGRES_IMAGE, imageName } from './programs.ts';
import { ServiceProcess } from './service-process.ts';
import { ROOT } from './tools.ts';

const HEALTHY_DEADLINE_MS = 60_000;
/** More than `service:port` occur in the configuration. */
const PLACES = 40;
const GATEWAY_IMAGE = 'waybill';
/** As the Dockerfile has it. */
const DATA_DIRECTORY = '/var/lib/waybill';

/** A service that is not run, and how to have it. */
export interface LeftOut {
  readonly service: string;
  readonly hint: string;
}

export class Stack {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly places: Places;
  /** Secrets of this run, by the names of .env.example. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly leftOut: LeftOut[] = [];
  readonly directory: string;
  readonly #running = new Map<string, ServiceProcess>();
  #postgres: PrivatePostgres | undefined;

  /** Reads docker-compose.yml with secrets that stack/new-env.sh makes; starts nothing yet. */
  static async prepare(): Promise<Stack> {
    const directory = mkdtempSync(join(tmpdir(), 'waybill-stack-'));
    // The proxy's workers are another user, and read the documents through it.
    chmodSync(directory, 0o755);
    try {
      return new Stack(directory, newSecrets(directory), await freePorts(PLACES));
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(directory: string, secrets: Readonly<Record<string, string>>, ports: readonly number[]) {
    this.directory = directory;
    this.secrets = secrets;
    this.services = readCompose(join(ROOT, 'docker-compose.yml'), secrets).services;
    this.places = new Places(
      Object.entries(this.services).map(([name, service]) => ({
        name,
        paths: [...mountsOf(service).map(({ target }) => target), ...service.tmpfs.map((text) => text.split(':')[0] ?? text)].map(
          (target) => [target, this.#inside(name, target)] as const,
        ),
        published: portsOf(service).map(({ published, target }) => [published, target] as const),
        addresses: Object.values(service.networks).flatMap(({ ipv4_address: address }) => (address === undefined ? [] : [address])),
      })),
      ports,
    );
    for (const [name, service] of Object.entries(this.services)) for (const text of settingsOf(service)) this.places.learn(name, text);
  }

  /** Services that are nodes of the gateway. */
  get nodes(): readonly string[] {
    return Object.entries(this.services).flatMap(([name, { image }]) => (imageName(image) === GATEWAY_IMAGE ? [name] : []));
  }

  isRunning(service: string): boolean {
    return this.#running.get(service)?.isRunning ?? (service === 'postgres' && this.#postgres !== undefined);
  }

  /** Starts one after the other, each when those it waits for are healthy. `note` hears of each. */
  async start(note: (line: string) => void): Promise<void> {
    for (const name of startOrder(this.services)) {
      const service = this.services[name] as ComposeService;
      const startedAt = performance.now();
      const facts = imageName(service.image) === POSTGRES_IMAGE ? await this.#startPostgres() : await this.#startService(name, service);
      if (facts !== undefined) note(`${name.padEnd(15)} ${facts}, healthy after ${Math.round(performance.now() - startedAt)} ms`);
    }
  }

  /** Stops one service, as `docker compose stop` would; answers after how many milliseconds it had ended. */
  async stopService(name: string): Promise<number> {
    return (await this.#running.get(name)?.stop()) ?? 0;
  }

  /** Ends everything, what was started last first, and removes its files. */
  async stop(): Promise<void> {
    for (const running of [...this.#running.values()].reverse()) await running.stop();
    await this.#postgres?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #startPostgres(): Promise<string> {
    mkdirSync(join(this.directory, 'postgres'));
    this.#postgres = await PrivatePostgres.start(join(this.directory, 'postgres'));
    return `process ${this.#postgres.pid}, the embedded Postgres`;
  }

  async #startService(name: string, service: ComposeService): Promise<string | undefined> {
    const definition = PROGRAMS[imageName(service.image)];
    const program = definition?.find();
    if (definition === undefined || program === undefined) {
      this.leftOut.push({ service: name, hint: definition?.hint ?? 'not to be had as a plain program' });
      return undefined;
    }
    this.#makeFiles(name, service);
    const rewrite = (text: string): string => this.places.rewrite(name, 'arguments', text);
    const logFile = join(this.directory, `${name}.log`);
    const process = new ServiceProcess(name, {
      program,
      arguments: [
        ...(definition.arguments ?? []),
        ...service.command.map(rewrite),
        ...(definition.place?.((port) => this.places.port(name, port)) ?? []),
      ],
      environment: this.#environment(name, service),
      directory: ROOT,
      logFile,
    });
    this.#running.set(name, process);
    await process.untilHealthy(this.#healthUrl(name, service, definition), HEALTHY_DEADLINE_MS);
    return `process ${process.pid ?? 0}, ${program}`;
  }

  /** Files that are mounted are copied and rewritten; folders are linked; volumes are made. */
  #makeFiles(name: string, service: ComposeService): void {
    for (const tmpfs of service.tmpfs) makeOpen(this.#inside(name, tmpfs.split(':')[0] ?? tmpfs));
    for (const mount of mountsOf(service)) {
      const inside = this.#inside(name, mount.target);
      if (!isBind(mount)) {
        makeOpen(inside);
        continue;
      }
      makeOpen(dirname(inside));
      const source = resolve(ROOT, mount.source);
      if (statSync(source).isDirectory()) symlinkSync(source, inside);
      else if (isText(source)) writeFileSync(inside, this.places.rewrite(name, mount.source, readFileSync(source, 'utf8')));
      else copyFileSync(source, inside);
    }
  }

  #environment(name: string, service: ComposeService): Readonly<Record<string, string>> {
    const entries = Object.entries(service.environment).map(([key, value]): [string, string] => {
      if (key === 'DATABASE_URL') return [key, this.#postgres?.url ?? value];
      if (key.endsWith('_PORT')) return [key, String(this.places.port(name, Number(value)))];
      if (value === '0.0.0.0') return [key, '127.0.0.1'];
      return [key, this.places.rewrite(name, 'environment', value)];
    });
    return { ...Object.fromEntries(entries), ...this.#imageEnvironment(name) };
  }

  /** What the Dockerfile sets. */
  #imageEnvironment(name: string): Readonly<Record<string, string>> {
    const service = this.services[name];
    if (service === undefined || imageName(service.image) !== GATEWAY_IMAGE) return {};
    return { NODE_ENV: 'production', WAYBILL_DATA_DIR: this.#inside(name, DATA_DIRECTORY) };
  }

  #healthUrl(name: string, service: ComposeService, { health }: ProgramDefinition): string {
    const [, port, path] = /http:\/\/127\.0\.0\.1:(\d+)([^'"\s]*)/.exec(service.healthcheck?.test.join(' ') ?? '') ?? [];
    if (port !== undefined) return this.places.url(name, Number(port), path);
    const [own = 0, at] = health ?? [];
    return at === undefined ? `tcp://127.0.0.1:${this.places.port(name, own)}` : this.places.url(name, own, at);
  }

  /** Where a path inside the container of a service stands here. */
  #inside(service: string, path: string): string {
    return join(this.directory, service, path);
  }
}

/** Everything of a service that may say where it listens. */
function settingsOf(service: ComposeService): readonly string[] {
  const files = mountsOf(service)
    .filter((mount) => isBind(mount) && isText(resolve(ROOT, mount.source)))
    .map((mount) => readFileSync(resolve(ROOT, mount.source), 'utf8'));
  return [...service.command, ...files];
}

function isText(path: string): boolean {
  return /\.(?:ya?ml|conf)$/.test(path) && statSync(path).isFile();
}

/** Programs that give up root have to get in. */
function makeOpen(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  chmodSync(directory, 0o777);
}

/** The file that `sh stack/new-env.sh all` writes, made in a directory of its own. */
function newSecrets(directory: string): Readonly<Record<string, string>> {
  mkdirSync(join(directory, 'stack'));
  for (const name of ['.env.example', 'stack/new-env.sh']) copyFileSync(join(ROOT, name), join(directory, name));
  execFileSync('sh', [join(directory, 'stack/new-env.sh'), 'all'], { stdio: 'pipe' });
  return environmentFile(readFileSync(join(directory, '.env'), 'utf8'));
}
