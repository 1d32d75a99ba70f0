import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Length of a tick of /proc: USER_HZ, which Linux fixes at 100 for programs. */
const TICK_MS = 10;
/** Fields of /proc/<pid>/stat behind the name, counted from 0 at the state (proc(5), fields 3 and on). */
const STAT = { userTime: 11, systemTime: 12, childrenUserTime: 13, childrenSystemTime: 14 } as const;
/** Columns of the first line of /proc/stat. */
const MACHINE = { user: 1, nice: 2, system: 3, irq: 6, softIrq: 7, steal: 8 } as const;

/** CPU time that a process has taken so far, in milliseconds, with that of children that have ended. */
export function processCpuMs(pid: number): number {
  const { own, endedChildren } = cpuTimes(pid);
  return own + endedChildren;
}

/** The same of a process and all its living children: a Postgres server and its backends. */
export function familyCpuMs(pid: number): number {
  for (;;) {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    const before = cpuTimes(pid);
    const ofChildren = children.filter((child) => child !== '').reduce((sum, child) => sum + cpuMsIfAlive(Number(child)), 0);
    // A child that ended meanwhile would be counted nowhere, or twice.
    if (cpuTimes(pid).endedChildren === before.endedChildren) return before.own + before.endedChildren + ofChildren;
  }
}

function cpuTimes(pid: number): { readonly own: number; readonly endedChildren: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const of = (field: number): number => Number(fields[field]) * TICK_MS;
  return {
    own: of(STAT.userTime) + of(STAT.systemTime),
    endedChildren: of(STAT.childrenUserTime) + of(STAT.childrenSystemTime),
  };
}

/** CPU time that the whole machine has spent so far, in milliseconds, whoever took it; time stolen by its host counts as spent. */
export function machineCpuMs(): number {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n')[0]?.split(/\s+/) ?? [];
  return Object.values(MACHINE).reduce((sum, field) => sum + Number(fields[field]), 0) * TICK_MS;
}

export const CORES = cpus().length;

function cpuMsIfAlive(pid: number): number {
  try {
    return processCpuMs(pid);
  } catch {
    return 0;
  }
}

/** The same of a process and all that it has started, directly or not, and that still runs. */
export function treeCpuMs(pid: number): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return processCpuMs(pid) + children.filter((child) => child !== '').reduce((sum, child) => sum + treeCpuMs(Number(child)), 0);
  } catch {
    // It has ended meanwhile, and its parent has its time.
    return 0;
  }
}
