import { readFileSync } from 'node:fs';

const MIB = 1_048_576;

/** Resident memory of a process (proc(5), VmRSS), in bytes. Buffers of the kernel for its sockets are not part of it. */
export function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status names no resident memory`);
  return Number(kibibytes) * 1_024;
}

/** Memory of a process and its children that is in RAM, in MiB; what several of them share counts once for each. */
export function familyMemoryMiB(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  const pids = [pid, ...children.filter((child) => child !== '').map(Number)];
  return pids.reduce((sum, each) => sum + residentBytes(each), 0) / MIB;
}
