import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { PostgresBinaries } from './postgres-binaries.js';
import type { ServerAccount } from './server-account.js';
import { StorageStartError } from './start-error.js';

export const SUPERUSER = 'postgres';
const STAGING_PREFIX = 'postgres.init-';
const OTHERS_EXECUTE = 0o001;

/** Where the embedded database keeps its files inside the program's data directory. */
export class Cluster {
  /** The data directory of Postgres, complete whenever it exists. */
  readonly directory: string;
  readonly logFile: string;
  private readonly root: string;
  private readonly passwordFile: string;

  constructor(dataDir: string) {
    const asRoot = process.getuid?.() === 0;
    try {
      mkdirSync(resolve(dataDir), { recursive: true, mode: asRoot ? 0o711 : 0o700 });
      this.root = realpathSync(dataDir);
      // As root the server runs under another user, which must be able to pass. What is secret here has modes of its own.
      const { mode } = statSync(this.root);
      if (asRoot && (mode & OTHERS_EXECUTE) === 0) chmodSync(this.root, mode | OTHERS_EXECUTE);
    } catch (error) {
      throw new StorageStartError(
        `WAYBILL_DATA_DIR: ${resolve(dataDir)} cannot be used (${(error as Error).message}). Name a directory that this user may write to.`,
      );
    }
    this.directory = join(this.root, 'postgres');
    this.logFile = join(this.root, 'postgres.log');
    this.passwordFile = join(this.root, 'postgres-password');
  }

  /** Owner and group of an existing cluster. */
  get owner(): Stats | undefined {
    return existsSync(this.directory) ? statSync(this.directory) : undefined;
  }

  get exists(): boolean {
    return existsSync(join(this.directory, 'PG_VERSION')) && existsSync(join(this.directory, 'global', 'pg_control'));
  }

  /** The password of both database roles, made at the first call. */
  password(): string {
    if (!existsSync(this.passwordFile)) this.makePassword();
    return readFileSync(this.passwordFile, 'utf8').trim();
  }

  /** Written aside and linked, so that the file is whole whenever it exists, and the first of two programs wins. */
  private makePassword(): void {
    if (this.exists) {
      throw new StorageStartError(
        `${this.passwordFile} is missing, so nobody can log in to the embedded database. Restore the file, or remove ${this.directory} to start with an empty one.`,
      );
    }
    const aside = join(this.root, `${STAGING_PREFIX}${process.pid}-${randomBytes(4).toString('hex')}.new-password`);
    try {
      writeFileSync(aside, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600, flush: true });
      linkSync(aside, this.passwordFile);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(aside, { force: true });
    }
  }

  /**
   * Makes the cluster where there is none. It is made aside and renamed when complete, so that a crash in between leaves nothing
   * that looks like a cluster, and of two programs that do this at once one wins.
   */
  async create(binaries: PostgresBinaries, account: ServerAccount): Promise<void> {
    this.removeLeftovers();
    if (this.exists) return;
    if (existsSync(this.directory)) renameSync(this.directory, `${this.directory}.incomplete-${Date.now()}`);
    const staging = join(this.root, `${STAGING_PREFIX}${process.pid}-${randomBytes(4).toString('hex')}`);
    const passwordFile = `${staging}.password`;
    try {
      mkdirSync(staging, { mode: 0o700 });
      writeFileSync(passwordFile, `${this.password()}\n`, { mode: 0o600 });
      if (account.ids !== undefined) for (const path of [staging, passwordFile]) chownSync(path, account.ids.uid, account.ids.gid);
      await initialise(binaries, account, staging, passwordFile);
      this.adopt(staging);
    } finally {
      rmSync(passwordFile, { force: true });
      rmSync(staging, { recursive: true, force: true });
    }
  }

  private adopt(staging: string): void {
    try {
      renameSync(staging, this.directory);
    } catch (error) {
      if (!this.exists) throw error;
    }
  }

  /** What a start left that was killed while it made a cluster. */
  private removeLeftovers(): void {
    for (const name of readdirSync(this.root)) {
      if (!name.startsWith(STAGING_PREFIX)) continue;
      const pid = Number.parseInt(name.slice(STAGING_PREFIX.length), 10);
      if (pid === process.pid || isRunning(pid)) continue;
      try {
        rmSync(join(this.root, name), { recursive: true, force: true });
      } catch {
        // Its initdb outlived it and is still writing; the next start finds it done.
      }
    }
  }
}

async function initialise(binaries: PostgresBinaries, account: ServerAccount, directory: string, passwordFile: string): Promise<void> {
  const { file, parameters, options } = account.command(binaries.initdb, [
    `--pgdata=${directory}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ]);
  const child = spawn(file, parameters, { ...options, cwd: '/', env: serverEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] });
  let problem = '';
  child.stderr?.on('data', (chunk: Buffer) => (problem += chunk.toString()));
  const [code] = (await once(child, 'close').catch((error: unknown) => [String(error)])) as [number | string | null];
  if (code !== 0) {
    throw new StorageStartError(
      `The embedded database could not be made: initdb ended with ${String(code)}. ${problem.trim()} Free disk space or mend what it names and start again, or set DATABASE_URL.`,
    );
  }
}

/** Nothing of this process's environment: PGDATA, LC_ALL and the like would change what the server does. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
