import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../test/support/ports.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PRELOADS = ['./bench/rig/end-with-parent.ts', './bench/rig/collect-on-signal.ts', './dist/telemetry.js'];
const HOST = '127.0.0.1';
const READY_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 30_000;
const POLL_MS = 50;
const OUTPUT_CHARACTERS = 8_000;
const PROFILE_INTERVAL_US = 500;

export interface GatewayOptions {
  readonly databaseUrl: string;
  /** Where the gateway keeps its files, and its profile. */
  readonly directory: string;
  readonly profile: boolean;
  /** Settings other than the defaults, by environment variable. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Of all gateways of a run: nodes of one cluster share it. */
const API_KEY = randomBytes(24).toString('hex');

/**
 * The built gateway as a process of its own with everything on: authentication, metrics, and tracing of 1 %, which are its
 * defaults. Nothing of this environment reaches it, so a setting of whoever runs the benchmark does not change it.
 */
export class GatewayProcess {
  readonly host = HOST;
  readonly port: number;
  readonly profileDirectory: string;
  readonly #opsPort: number;
  readonly #process: ChildProcess;
  #output = '';

  static async start(options: GatewayOptions): Promise<GatewayProcess> {
    const [port = 0, opsPort = 0] = await freePorts(2);
    const gateway = new GatewayProcess(options, port, opsPort);
    await gateway.#untilReady();
    return gateway;
  }

  private constructor(options: GatewayOptions, port: number, opsPort: number) {
    this.port = port;
    this.#opsPort = opsPort;
    this.profileDirectory = join(options.directory, 'profile');
    const profiling = ['--cpu-prof', '--cpu-prof-dir', this.profileDirectory, '--cpu-prof-interval', String(PROFILE_INTERVAL_US)];
    const modules = [...PRELOADS.flatMap((preload) => ['--import', preload]), 'dist/main.js'];
    this.#process = spawn(process.execPath, [...(options.profile ? profiling : []), ...modules], {
      cwd: ROOT,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: options.databaseUrl,
        WAYBILL_HOST: HOST,
        WAYBILL_PORT: String(port),
        WAYBILL_OPS_PORT: String(opsPort),
        WAYBILL_DATA_DIR: join(options.directory, 'gateway'),
        WAYBILL_API_KEY: API_KEY,
        ...options.settings,
      },
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_CHARACTERS)));
    }
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** A token of this user that may publish to every topic. */
  async token(user: string): Promise<string> {
    const answer = await fetch(`http://${HOST}:${this.port}/api/v1/auth/tokens`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ user, topics: { subscribe: ['*'], publish: ['*'] } }),
    });
    const body = (await answer.json()) as { readonly data?: { readonly token?: string } };
    if (body.data?.token === undefined) throw new Error(`the gateway minted no token: ${JSON.stringify(body)}`);
    return body.data.token;
  }

  /** A question of an operator, by its path behind /api/v1; the answer is read and thrown away. Throws where it is no success. */
  async ask(path: string): Promise<void> {
    await this.#rest(path, {});
  }

  /** Has an operator do something; answers the `data` of the answer. */
  async send<Data>(path: string, body: object): Promise<Data> {
    const request = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return (JSON.parse(await this.#rest(path, request)) as { readonly data: Data }).data;
  }

  /** Publishes one message by REST. */
  async publish(topic: string): Promise<void> {
    const body = JSON.stringify({ action: 'note.added', data: {} });
    await this.#rest(`topics/${topic}/messages`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  }

  async #rest(path: string, request: RequestInit): Promise<string> {
    const headers = { ...(request.headers as Record<string, string> | undefined), authorization: `Bearer ${API_KEY}` };
    const answer = await fetch(`http://${HOST}:${this.port}/api/v1/${path}`, { ...request, headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
    return text;
  }

  /** The value of a series as `/metrics` shows it now, its labels written as there. */
  async metric(name: string): Promise<number> {
    const [value = Number.NaN] = await this.metrics([name]);
    return value;
  }

  /** Several of one look, which begins the delays of the event loop anew. */
  async metrics(names: readonly string[]): Promise<readonly number[]> {
    const lines = (await (await fetch(`http://${HOST}:${this.#opsPort}/metrics`)).text()).split('\n');
    return names.map((name) => {
      const line = lines.find((candidate) => candidate.startsWith(`${name} `) || candidate.startsWith(`${name}{} `));
      if (line === undefined) throw new Error(`/metrics has no series ${name}`);
      return Number(line.split(' ').at(-1));
    });
  }

  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const late = delay(STOP_DEADLINE_MS, 'late' as const, { ref: false });
    if ((await Promise.race([exited, late])) !== 'late') return;
    this.#process.kill('SIGKILL');
    await exited;
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  async #untilReady(): Promise<void> {
    const deadline = performance.now() + READY_DEADLINE_MS;
    while (performance.now() < deadline) {
      if (this.#hasEnded) throw new Error(`the gateway ended at its start:\n${this.#output}`);
      const ready = await fetch(`http://${HOST}:${this.#opsPort}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready) return;
      await delay(POLL_MS);
    }
    await this.stop();
    throw new Error(`the gateway was not ready after ${READY_DEADLINE_MS} ms:\n${this.#output}`);
  }
}
