import { readFileSync, readdirSync } from 'node:fs';

/** Facts about a running process, from /proc; undefined where it runs no more. */
export interface ProcessFacts {
  readonly parent: number;
  /** One letter of proc(5): `Z` has ended and waits to be reaped, `T` is stopped. */
  readonly state: string;
  /** Clock ticks since the boot; with the pid it names a process for good. */
  readonly start: string;
}

export function processFacts(pid: number): ProcessFacts | undefined {
  try {
    const [state = '', parent = '', ...rest] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { state, parent: Number(parent), start: rest[17] ?? '' };
  } catch {
    return undefined;
  }
}

export function isRunning(pid: number): boolean {
  const facts = processFacts(pid);
  return facts !== undefined && facts.state !== 'Z';
}

/** The processes that it started and that are still there. */
export function childrenOf(parent: number): readonly number[] {
  try {
    return readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    // Some kernels do not keep that list; nor does a process that has ended.
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && processFacts(pid)?.parent === parent);
  }
}

/** Sends a signal; a process that has ended meanwhile does not mind. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) * 1_024;
}
