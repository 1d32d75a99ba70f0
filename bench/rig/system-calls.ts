import { readFileSync } from 'node:fs';

export interface SystemCalls {
  readonly reads: number;
  readonly writes: number;
}

/** Calls of a process so far that read or wrote, sockets included (proc(5), /proc/<pid>/io). */
export function systemCalls(pid: number): SystemCalls {
  const text = readFileSync(`/proc/${pid}/io`, 'utf8');
  const of = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1]);
  return { reads: of('syscr'), writes: of('syscw') };
}
