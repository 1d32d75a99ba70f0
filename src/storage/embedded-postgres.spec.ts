import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { findPostmaster, isPostmaster } from './postmaster.js';

const PROCESS = fileURLToPath(new URL('../../test/support/embedded-postgres-process.mjs', import.meta.url));
const AS_ROOT = process.getuid?.() === 0;

class Log {
  readonly lines: string[] = [];
  readonly log = (line: string): void => void this.lines.push(line);
  readonly warn = this.log;
  readonly error = this.log;
}

interface Holder {
  readonly child: ChildProcess;
  readonly report: { readonly url?: string; readonly pid?: number; readonly error?: string };
}

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function directory(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'waybill-embedded-')));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

let original: string;

/** The data directory of a program that ran before and stopped: a copy, because making a cluster takes longer than most of these tests. */
function usedDirectory(): string {
  const path = directory();
  execFileSync('cp', ['-a', `${original}/.`, path]);
  return path;
}

function embedded(dataDir: string, log = new Log()): EmbeddedPostgres {
  const server = new EmbeddedPostgres(dataDir, log);
  cleanups.push(() => server.stop());
  return server;
}

/** Another program on a data directory, in a process group of its own. */
async function holder(dataDir: string): Promise<Holder> {
  const child = spawn(process.execPath, ['--experimental-transform-types', '--disable-warning=ExperimentalWarning', PROCESS, dataDir], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  cleanups.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.stdin.end();
    await exited;
  });
  const lines = createInterface(child.stdout);
  const [line] = (await Promise.race([once(lines, 'line'), once(lines, 'close').then(() => ['{"error":"it ended without a word"}'])])) as [
    string,
  ];
  return { child, report: JSON.parse(line) as Holder['report'] };
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    return;
  }
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function query<T extends pg.QueryResultRow>(url: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}

const reachable = (url: string): Promise<boolean> =>
  query(url, 'select 1').then(
    () => true,
    () => false,
  );

/** What a call answers, or the code of what it throws. */
function attempt(call: () => boolean): boolean | string | undefined {
  try {
    return call();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

describe('the embedded Postgres', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    original = realpathSync(mkdtempSync(join(tmpdir(), 'waybill-embedded-original-')));
    const server = new EmbeddedPostgres(original, new Log());
    await server.start();
    await server.stop();
  }, 60_000);
  afterAll(() => rmSync(original, { recursive: true, force: true }));

  it('starts with durable settings, on 127.0.0.1 only, behind a password, for a role without privileges', async () => {
    const dataDir = join(directory(), 'deep', 'er');
    const url = await embedded(dataDir).start();
    const settings = await query<{ name: string; setting: string }>(
      url,
      `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'max_connections', 'server_encoding', 'shared_buffers') order by name`,
    );
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      listen_addresses: '127.0.0.1',
      max_connections: '100',
      server_encoding: 'UTF8',
      shared_buffers: '16384',
    });
    expect(new URL(url).hostname).toBe('127.0.0.1');
    expect(
      await query(
        url,
        'select current_user as user, current_database() as database, rolsuper as super from pg_roles where rolname = current_user',
      ),
    ).toEqual([{ user: 'waybill', database: 'waybill', super: false }]);
    const strange = new URL(url);
    strange.password = 'wrong';
    await expect(query(strange.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(dataDir, 'postgres-password')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'postgres')).mode & 0o777).toBe(0o700);
    const hba = readFileSync(join(dataDir, 'postgres', 'pg_hba.conf'), 'utf8')
      .split('\n')
      .filter((line) => /^(local|host)/.test(line));
    expect(hba.every((line) => line.trim().endsWith('scram-sha-256'))).toBe(true);
  });

  it('keeps its data over a stop and a start, and stops cleanly', async () => {
    const dataDir = usedDirectory();
    const first = embedded(dataDir);
    const url = await first.start();
    await query(url, 'create table kept as select 42 as answer');
    const { pid } = first;
    await first.stop();
    await first.stop();
    expect(first.pid).toBeUndefined();
    expect(findPostmaster(join(dataDir, 'postgres'))).toBeUndefined();
    // It has ended; its entry goes when its parent has taken note.
    const exists = (): boolean => process.kill(pid as number, 0);
    await expect.poll(() => attempt(exists)).toBe('ESRCH');
    expect(await query(await embedded(dataDir).start(), 'select answer from kept')).toEqual([{ answer: 42 }]);
    expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).not.toContain('not properly shut down');
  });

  it('is adopted after its program was killed', async () => {
    const dataDir = usedDirectory();
    const { child, report } = await holder(dataDir);
    await query(report.url as string, 'create table kept as select 7 as answer');
    await kill(child);
    const log = new Log();
    const server = embedded(dataDir, log);
    const url = await server.start();
    expect(server.pid).toBe(report.pid);
    expect(url).toBe(report.url);
    expect(log.lines.join()).toContain('Adopted');
    expect(await query(url, 'select answer from kept')).toEqual([{ answer: 7 }]);
    await server.stop();
    expect(await reachable(url)).toBe(false);
  });

  it("does not hear the signals of its program's process group", async () => {
    const dataDir = usedDirectory();
    const { child, report } = await holder(dataDir);
    const exited = once(child, 'exit');
    process.kill(-(child.pid as number), 'SIGINT');
    await exited;
    // Default handling of SIGINT ends the program at once, without the stop that follows a drain.
    expect(await reachable(report.url as string)).toBe(true);
    process.kill(report.pid as number, 'SIGINT');
    await until(() => !isPostmaster(report.pid as number, join(dataDir, 'postgres')));
  });

  it('refuses a second program on the same data directory, naming the first, and leaves it alone', async () => {
    const dataDir = usedDirectory();
    const { child, report } = await holder(dataDir);
    await expect(embedded(dataDir).start()).rejects.toThrow(new RegExp(`Another waybill \\(process ${child.pid}\\).*WAYBILL_DATA_DIR`));
    expect(await reachable(report.url as string)).toBe(true);
  });

  it('lets one of two simultaneous first starts win', async () => {
    const dataDir = directory();
    const holders = await Promise.all([holder(dataDir), holder(dataDir)]);
    expect(holders.filter(({ report }) => report.url !== undefined)).toHaveLength(1);
    expect(holders.filter(({ report }) => report.error?.startsWith('Another waybill'))).toHaveLength(1);
  });

  it('starts again on the same port when it is killed', async () => {
    const server = embedded(usedDirectory());
    const url = await server.start();
    const pid = server.pid as number;
    await query(url, 'create table kept as select 9 as answer');
    process.kill(pid, 'SIGKILL');
    await until(() => server.pid !== pid && server.pid !== undefined);
    expect(await query(url, 'select answer from kept')).toEqual([{ answer: 9 }]);
  });

  it('recovers when server and program were killed together', async () => {
    const dataDir = usedDirectory();
    const { child, report } = await holder(dataDir);
    await query(report.url as string, 'create table kept as select 3 as answer');
    child.kill('SIGSTOP');
    process.kill(report.pid as number, 'SIGKILL');
    await kill(child);
    expect(await query(await embedded(dataDir).start(), 'select answer from kept')).toEqual([{ answer: 3 }]);
  });

  it('takes a postmaster.pid for stale whose pid now belongs to another program, which is not touched', async () => {
    const dataDir = usedDirectory();
    const bystander = spawn('sleep', ['60']);
    cleanups.push(() => void bystander.kill());
    const lines = [bystander.pid, join(dataDir, 'postgres'), 1_700_000_000, 5_432, '', '127.0.0.1', '', 'ready', ''];
    writeFileSync(join(dataDir, 'postgres', 'postmaster.pid'), lines.join('\n'));
    expect(await reachable(await embedded(dataDir).start())).toBe(true);
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
  });

  it('starts over after a crash in the middle of making the cluster', async () => {
    const dataDir = directory();
    const leftover = join(dataDir, 'postgres.init-999999999-abcd');
    mkdirSync(leftover);
    writeFileSync(join(leftover, 'PG_VERSION'), '18\n');
    // What another tool may leave: a directory that looks begun.
    mkdirSync(join(dataDir, 'postgres', 'base'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '18\n');
    expect(await reachable(await embedded(dataDir).start())).toBe(true);
    expect(existsSync(leftover)).toBe(false);
    expect(readdirSync(dataDir).filter((name) => name.startsWith('postgres.init-'))).toEqual([]);
  });

  it('starts over after its program was killed while making the cluster', async () => {
    const dataDir = directory();
    const child = spawn(process.execPath, ['--experimental-transform-types', '--disable-warning=ExperimentalWarning', PROCESS, dataDir], {
      detached: true,
      stdio: 'ignore',
    });
    // Its initdb outlives it for a moment, in its group.
    cleanups.push(() => endGroup(child.pid as number));
    await until(() => readdirSync(dataDir).some((name) => name.startsWith('postgres.init-')));
    await kill(child);
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    expect(await reachable(await embedded(dataDir).start())).toBe(true);
  });

  it('says what to do when the password is lost', async () => {
    const dataDir = usedDirectory();
    rmSync(join(dataDir, 'postgres-password'));
    await expect(embedded(dataDir).start()).rejects.toThrow(/postgres-password is missing.*Restore/);
    writeFileSync(join(dataDir, 'postgres-password'), 'wrong\n');
    await expect(embedded(dataDir).start()).rejects.toThrow(/refuses the password/);
    writeFileSync(join(dataDir, 'postgres-password'), '');
    await expect(embedded(dataDir).start()).rejects.toThrow(/refuses the password/);
  });

  it('says what to do when the cluster cannot be started', async () => {
    const dataDir = usedDirectory();
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '12\n');
    await expect(embedded(dataDir).start()).rejects.toThrow(/ended at its start: .*incompatible.*DATABASE_URL/s);
  });

  it('says what to do when the data directory is a file', async () => {
    const path = join(directory(), 'file');
    writeFileSync(path, '');
    expect(() => new EmbeddedPostgres(path, new Log())).toThrow(/WAYBILL_DATA_DIR: .*cannot be used/);
  });

  it.runIf(AS_ROOT)("works for root under a directory that the server's user may not enter", async () => {
    const home = directory();
    chmodSync(home, 0o700);
    const url = await embedded(join(home, 'project', '.waybill')).start();
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(statSync(home).mode & 0o777).toBe(0o700);
  });
});
