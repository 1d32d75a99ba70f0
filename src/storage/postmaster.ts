import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/**
 * The server that runs on a data directory, from its postmaster.pid; undefined where none runs. A stale file, or one whose pid
 * now belongs to another program, is no server. Lines of the file: pid, directory, start time, port (miscinit.h of PostgreSQL).
 */
export function findPostmaster(directory: string): Postmaster | undefined {
  let lines: readonly string[];
  try {
    lines = readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 0 || !isPostmaster(pid, directory)) return undefined;
  return { pid, port: Number.isInteger(port) ? port : 0 };
}

/** Whether a pid is, at this moment, a Postgres server of this directory: only then may it be signalled. */
export function isPostmaster(pid: number, directory: string): boolean {
  if (platform() === 'linux') {
    try {
      // A postmaster works in its data directory; one that has ended and waits to be reaped has none.
      return readlinkSync(`/proc/${pid}/cwd`) === directory && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
    } catch {
      return false;
    }
  }
  const command = spawnSync('ps', ['-o', 'command=', '-p', String(pid)]).stdout.toString();
  return command.includes('postgres') && command.includes(directory);
}

/** Asks a server to stop and waits for it; answers whether it did. `SIGINT`: fast, `SIGQUIT`: at once, with recovery at the next start. */
export async function stopPostmaster(pid: number, directory: string, signal: 'SIGINT' | 'SIGQUIT', deadlineMs: number): Promise<boolean> {
  if (!isPostmaster(pid, directory)) return true;
  process.kill(pid, signal);
  const deadline = performance.now() + deadlineMs;
  while (isPostmaster(pid, directory)) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}
