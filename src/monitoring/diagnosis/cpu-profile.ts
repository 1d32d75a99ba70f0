import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { setTimeout as delay } from 'node:timers/promises';

const SAMPLE_EVERY_US = 1_000;
const FILE_MODE = 0o600;

/** Samples the running functions for a time, or until the signal aborts, and writes a profile that Chrome's DevTools open. */
export async function writeCpuProfile(path: string, milliseconds: number, signal: AbortSignal): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
    await session.post('Profiler.start');
    await delay(milliseconds, undefined, { signal }).catch(() => undefined);
    const { profile } = await session.post('Profiler.stop');
    await writeFile(path, JSON.stringify(profile), { mode: FILE_MODE, flag: 'wx' });
  } finally {
    session.disconnect();
  }
}
