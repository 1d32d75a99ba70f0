import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase } from '../support/postgres.js';
import { OperatorSession } from '../support/operator-session.js';
import { Program } from '../support/program.js';
import { TestSocket } from '../support/socket.js';

const LOG_LINES_OVER_A_PIPE = 1_500;
/** The user called nobody on Debian. */
const UNPRIVILEGED = 65_534;
const NO_DATABASE = { DATABASE_URL: 'postgres://waybill:secret@127.0.0.1:1/none' };

/** A start waits half a minute for a database that does not answer; this one does so while the other tests run. */
let patient: Promise<Ended> | undefined;

beforeAll(() => {
  Program.build();
  patient = refusedStart(NO_DATABASE);
});
afterAll(() => patient);

describe('the life of the built program', { timeout: 180_000 }, () => {
  let program: Program | undefined;

  afterEach(async () => {
    await program?.dispose();
    program = undefined;
  });

  it('survives kill -9 with its embedded database: history is whole and sequence goes on', async () => {
    program = await Program.start();
    const before = await publish(program, 'crash.topic', 20);
    const password = /Operator {4}admin, password (\S+)/.exec(program.output)?.[1] ?? '';
    expect((await readFile(join(program.dataDir, 'operator-password'), 'utf8')).trim()).toBe(password);
    await program.kill9();
    await program.launch();
    // Told at the first start and at no other, and good after both.
    expect(program.output.split(password)).toHaveLength(2);
    expect((await new OperatorSession(program.port).signIn('admin', password)).status).toBe(201);
    const after = await publish(program, 'crash.topic', 5);
    expect(after.map((each) => each.seq)).toEqual([21, 22, 23, 24, 25]);
    expect(after[0]?.epoch).toBe(before[0]?.epoch);
    const history = await rest(program, 'GET', '/api/v1/topics/crash.topic/messages?limit=100');
    expect((history['data'] as { messages: readonly { seq: number }[] }).messages.map((message) => message.seq)).toEqual(
      Array.from({ length: 25 }, (_, index) => index + 1),
    );
  });

  it('runs as a user without privileges, from the first start to a stop', async () => {
    // Root becomes another user; anybody else is one already.
    const user = process.getuid?.() === 0 ? { user: UNPRIVILEGED } : {};
    program = await Program.start(user);
    await publish(program, 'unprivileged.topic', 3);
    expect((await stat(join(program.dataDir, 'postgres'))).uid).toBe(user.user ?? process.getuid?.());
    await program.kill9();
    await program.launch();
    expect((await publish(program, 'unprivileged.topic', 1)).map((each) => each.seq)).toEqual([4]);
    expect(await program.terminate()).toBe(0);
  });

  it('makes its data directory where everything that would stand in it is given', async () => {
    const database = await freshDatabase();
    program = await Program.start({
      env: {
        DATABASE_URL: database.url,
        WAYBILL_DATA_DIR: join(tmpdir(), `waybill-none-${process.pid}`, 'data'),
        WAYBILL_API_KEY: 'k'.repeat(40),
        WAYBILL_JWT_SECRET: 's'.repeat(40),
        WAYBILL_OPERATOR_PASSWORD: 'a password of this test',
      },
    });
    const directory = program.environment['WAYBILL_DATA_DIR'] ?? '';
    expect(await readdir(directory)).toContain('waybill.pid');
    expect(await program.terminate()).toBe(0);
    await rm(dirname(directory), { recursive: true });
    await database.drop();
  });

  it('keeps its secrets to itself', async () => {
    program = await Program.start();
    const files = await readdir(program.dataDir);
    for (const name of files.filter((file) => /key|secret|password/.test(file))) {
      expect((await stat(join(program.dataDir, name))).mode & 0o077, name).toBe(0);
    }
    const key = await apiKey(program);
    expect(program.output.split(key)).toHaveLength(2);
    await program.terminate();
    await program.launch();
    expect(program.output.split(key)).toHaveLength(2);
  });
});

describe('the built program on its way down', { timeout: 180_000 }, () => {
  let program: Program;

  beforeAll(async () => void (program = await Program.start({ env: { WAYBILL_LOG_LEVEL: 'trace' } })), 180_000);
  beforeEach(async () => {
    if (!program.isRunning) await program.launch();
  }, 180_000);
  afterAll(() => program.dispose());

  it('stops although a peer has connected and says nothing, or says half a request', async () => {
    const { port } = program;
    const peers = ['', 'GET /api/v1/topics HTTP/1.1\r\nHost: x\r\n'].map((text) => {
      const peer = connect(port, '127.0.0.1');
      peer.on('error', () => undefined);
      if (text !== '') peer.write(text);
      return peer;
    });
    await Promise.all(peers.map((peer) => once(peer, 'connect')));
    await rest(program, 'GET', '/api/v1/topics');
    const began = performance.now();
    expect(await program.terminate()).toBe(0);
    expect(performance.now() - began).toBeLessThan(8_000);
    for (const peer of peers) peer.destroy();
  });

  it('tells its clients to come back, then stops, with exit code 0', async () => {
    const minted = await rest(program, 'POST', '/api/v1/auth/tokens', { user: 'alice' });
    const socket = await TestSocket.connect(program.port, (minted['data'] as { token: string }).token);
    const code = program.terminate();
    expect(await socket.closed).toMatchObject({ code: 1012 });
    expect(socket.frames.map((frame) => frame['action'])).toEqual(expect.arrayContaining(['sys.reconnect', 'sys.closing']));
    expect(await code).toBe(0);
  });

  it('stops although nobody reads what it prints', async () => {
    program.ignoreOutput();
    const minted = await rest(program, 'POST', '/api/v1/auth/tokens', { user: 'alice' });
    const { token } = minted['data'] as { token: string };
    for (let opened = 0; opened < LOG_LINES_OVER_A_PIPE; opened += 50) {
      const sockets = await Promise.all(Array.from({ length: 50 }, () => TestSocket.connect(program.port, token)));
      await Promise.all(sockets.map((socket) => socket.close()));
    }
    expect(await program.terminate()).toBe(0);
  });
});

describe('a start that cannot succeed', { timeout: 180_000 }, () => {
  it.each([
    [{ WAYBILL_PORT: 'eighty' }, /WAYBILL_PORT: "eighty" must be a whole number/],
    [{ WAYBILL_PROT: '8080' }, /WAYBILL_PROT: no such option; did you mean WAYBILL_PORT/],
    [{ WAYBILL_JWT_SECRET: 'short' }, /WAYBILL_JWT_SECRET: its value must be at least 32 bytes/],
    [NO_DATABASE, /Waybill cannot start/],
  ])('stops with a sentence: %o', async (env, sentence) => {
    const { code, output } = await (env === NO_DATABASE ? (patient as Promise<Ended>) : refusedStart(env));
    expect(code).toBeGreaterThan(0);
    expect(output).toMatch(sentence);
    expect(output).not.toContain('secret@');
  });
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

async function refusedStart(env: Readonly<Record<string, string>>): Promise<Ended> {
  const dataDir = await mkdtemp(join(tmpdir(), 'waybill-refused-'));
  const environment = { ...process.env, WAYBILL_PORT: '0', WAYBILL_OPS_PORT: '0', WAYBILL_DATA_DIR: dataDir, ...env };
  const ended = await new Promise<Ended>((resolve) => {
    const child = execFile('node', ['--import', './dist/telemetry.js', 'dist/main.js'], { env: environment }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, output: `${stdout}${stderr}` });
    });
  });
  await rm(dataDir, { recursive: true, force: true });
  return ended;
}

async function apiKey(program: Program): Promise<string> {
  return (await readFile(join(program.dataDir, 'api-key'), 'utf8')).trim();
}

async function rest(program: Program, method: string, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(`http://127.0.0.1:${program.port}${path}`, {
    method,
    headers: { authorization: `Bearer ${await apiKey(program)}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Readonly<Record<string, unknown>>;
}

async function publish(
  program: Program,
  topic: string,
  count: number,
): Promise<readonly { readonly seq: number; readonly epoch: string }[]> {
  const receipts: { seq: number; epoch: string }[] = [];
  for (let index = 0; index < count; index += 1) {
    const answer = await rest(program, 'POST', `/api/v1/topics/${topic}/messages`, { data: index });
    receipts.push(answer['data'] as { seq: number; epoch: string });
  }
  return receipts;
}
