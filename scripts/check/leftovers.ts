import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Environment variable that every process of a run inherits, with an id of that run as its value. */
export const RUN_MARK = 'TEST_RUN_MARK';

const GRACE_MS = 5_000;
const POLL_MS = 100;

export interface Leftover {
  readonly pid: number;
  readonly command: string;
}

/** Processes of this run that are still there some seconds after its end; they are ended. Only Linux tells (`/proc`). */
export async function endLeftovers(mark: string, graceMs = GRACE_MS): Promise<readonly Leftover[]> {
  const deadline = Date.now() + graceMs;
  let found = markedProcesses(mark);
  while (found.length > 0 && Date.now() < deadline) {
    await delay(POLL_MS);
    found = markedProcesses(mark);
  }
  for (const { pid } of found) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself in the meantime.
    }
  }
  return found;
}

function markedProcesses(mark: string): readonly Leftover[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => readProc(pid, 'environ').split('\0').includes(`${RUN_MARK}=${mark}`))
    .map((pid) => ({ pid, command: readProc(pid, 'cmdline').replaceAll('\0', ' ').trim() }));
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
