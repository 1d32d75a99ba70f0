import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.js';
import { toolPath } from './tools.js';

const PAGE = fileURLToPath(new URL('../../docs/database.md', import.meta.url));
/** PgBouncer does not run as root; the user called nobody on Debian. */
const UNPRIVILEGED = 65_534;
const STARTED_MS = 20_000;

/** A private PgBouncer before one database, with the configuration that docs/database.md gives; only its places are the test's. */
export class PgBouncer {
  static async before(url: string): Promise<PgBouncer> {
    const directory = mkdtempSync(join(tmpdir(), 'waybill-pgbouncer-'));
    chmodSync(directory, 0o755);
    const port = await freePort();
    const { hostname, port: serverPort, pathname, username, password } = new URL(url);
    const users = join(directory, 'userlist.txt');
    writeFileSync(users, `"${username}" "${password}"\n`);
    const places: readonly (readonly [string, string])[] = [
      ['host=10.0.0.5', `host=${hostname}`],
      ['port=5432', `port=${serverPort}`],
      ['dbname=waybill', `dbname=${pathname.slice(1)}`],
      ['listen_addr = 10.0.0.6', 'listen_addr = 127.0.0.1'],
      ['listen_port = 6432', `listen_port = ${port}`],
      ['/etc/pgbouncer/userlist.txt', users],
    ];
    writeFileSync(join(directory, 'pgbouncer.ini'), `${placed(documented(), places)}unix_socket_dir =\n`);
    const pooler = new PgBouncer(directory, port, `postgres://${username}:${password}@127.0.0.1:${port}/waybill`);
    await pooler.start();
    return pooler;
  }

  #child: ChildProcess | undefined;
  #output = '';

  private constructor(
    private readonly directory: string,
    private readonly port: number,
    /** The same database, by way of the pooler. */
    readonly url: string,
  ) {}

  get output(): string {
    return this.#output;
  }

  /** Starts it (again), and waits until it listens. */
  async start(): Promise<void> {
    const isRoot = process.getuid?.() === 0;
    const child = spawn(toolPath('pgbouncer'), [join(this.directory, 'pgbouncer.ini')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(isRoot ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {}),
    });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    // A runner that ends in the middle of a test leaves nothing behind.
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    const deadline = Date.now() + STARTED_MS;
    while (!(await listens(this.port))) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`PgBouncer did not start:\n${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends it without warning; its clients' connections break. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function documented(): string {
  const block = /```ini\n(?<ini>[^`]+)```/.exec(readFileSync(PAGE, 'utf8'))?.groups?.['ini'];
  if (block === undefined) throw new Error(`${PAGE} has no pgbouncer.ini`);
  return block;
}

function placed(text: string, places: readonly (readonly [string, string])[]): string {
  return places.reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`pgbouncer.ini in docs/database.md lacks "${from}"`);
    return before.replace(from, to);
  }, text);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
