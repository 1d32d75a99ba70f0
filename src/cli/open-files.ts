import { readFileSync } from 'node:fs';

/** Limits on open files of a process; undefined for a limit that is unlimited. */
export interface OpenFilesLimit {
  readonly soft: number | undefined;
  readonly hard: number | undefined;
}

/** Of this process, which raised its soft limit to the hard one at its start, as Node does. Undefined where there is no /proc. */
export function openFilesLimit(path = '/proc/self/limits'): OpenFilesLimit | undefined {
  try {
    return openFilesIn(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Reads `/proc/<pid>/limits`. */
export function openFilesIn(limits: string): OpenFilesLimit | undefined {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits) ?? [];
  if (soft === undefined || hard === undefined) return undefined;
  return { soft: limitOf(soft), hard: limitOf(hard) };
}

function limitOf(text: string): number | undefined {
  return text === 'unlimited' ? undefined : Number(text);
}
