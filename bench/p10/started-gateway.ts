import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../test/support/ports.ts';
import { ConnectSocket } from '../load/connect-socket.ts';
import { mintToken } from '../load/token-mint.ts';
import { acceptOf, upgradeKey, upgradeRequest } from '../load/upgrade-request.ts';
import { monotonicUs } from '../rig/cpu-profile.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOST = '127.0.0.1';
const RETRY_MS = 5;
const DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 30_000;
const PROFILE_INTERVAL_US = 500;
/** As `end-with-parent.ts`, as script text: a file of TypeScript would bring the stripping of its types into the time of the start. */
const END_WITH_PARENT = `data:text/javascript,process.stdin.once("end",()=>process.kill(process.pid,"SIGTERM")).resume()`;

export interface StartOptions {
  /** The gateway's data directory, with its embedded database. */
  readonly dataDirectory: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Where V8's profile is written; undefined: no profile. */
  readonly profileDirectory?: string | undefined;
}

/** A line that the process wrote, and when, by `monotonicUs`. */
export interface OutputLine {
  readonly atUs: number;
  readonly text: string;
}

/** The built gateway, started as `npm start` does, with its embedded Postgres, and tried by a client from the first moment. */
export class StartedGateway {
  readonly lines: OutputLine[] = [];
  readonly spawnedUs: number;
  readonly #process: ChildProcess;
  readonly #port: number;
  readonly #secret: string;

  static async spawn(options: StartOptions): Promise<StartedGateway> {
    const [port = 0, opsPort = 0] = await freePorts(2);
    return new StartedGateway(options, port, opsPort);
  }

  private constructor({ dataDirectory, settings, profileDirectory }: StartOptions, port: number, opsPort: number) {
    this.#port = port;
    this.#secret = randomBytes(48).toString('base64url');
    const profiling =
      profileDirectory === undefined
        ? []
        : ['--cpu-prof', '--cpu-prof-dir', profileDirectory, '--cpu-prof-interval', String(PROFILE_INTERVAL_US)];
    const env = {
      PATH: process.env['PATH'],
      WAYBILL_HOST: HOST,
      WAYBILL_PORT: String(port),
      WAYBILL_OPS_PORT: String(opsPort),
      WAYBILL_DATA_DIR: dataDirectory,
      WAYBILL_JWT_SECRET: this.#secret,
      ...settings,
    };
    this.spawnedUs = monotonicUs();
    this.#process = spawn(
      process.execPath,
      [...profiling, '--import', END_WITH_PARENT, '--import', './dist/telemetry.js', 'dist/main.js'],
      {
        cwd: ROOT,
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe'],
        env,
      },
    );
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        const atUs = monotonicUs();
        for (const text of chunk.toString().split('\n')) if (text.trim() !== '') this.lines.push({ atUs, text });
      });
    }
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Tries to connect until a `welcome` has come; answers when that was, by `monotonicUs`. */
  async firstConnection(): Promise<number> {
    const key = upgradeKey();
    const host = HOST;
    const port = this.#port;
    const request = upgradeRequest({ host, port, token: mintToken('first', this.#secret) }, key);
    const target = { host, port, localAddress: HOST, request, accept: acceptOf(key) };
    while (monotonicUs() - this.spawnedUs < DEADLINE_MS * 1_000) {
      if (this.#hasEnded) throw new Error(`the gateway ended at its start:\n${this.#output}`);
      try {
        const socket = await ConnectSocket.open(target, () => undefined);
        const at = monotonicUs();
        socket.reset();
        return at;
      } catch {
        // Nobody listens yet.
        await delay(RETRY_MS);
      }
    }
    throw new Error(`the gateway accepted nobody within ${DEADLINE_MS} ms:\n${this.#output}`);
  }

  /** Ends the gateway in order, its database with it. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const late = delay(STOP_DEADLINE_MS, 'late' as const, { ref: false });
    if ((await Promise.race([exited, late])) === 'late') throw new Error(`the gateway did not stop:\n${this.#output}`);
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  get #output(): string {
    return this.lines.map(({ text }) => text).join('\n');
  }
}
