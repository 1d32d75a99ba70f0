import { chmod, mkdir, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '../../protocol/refusal.js';

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
/** Older ones are removed when a new one is made. */
const KEPT = 10;
const NAME = /^(?:heap|cpu)-.*\.(?:heapsnapshot|cpuprofile)$/;
const MIB = 1_048_576;

/** Where snapshots and profiles are kept: they hold secrets and messages, so nobody but the program's user may read them. */
export class DiagnosisFiles {
  private readonly directory: string;

  constructor(dataDir: string) {
    this.directory = join(dataDir, 'diagnosis');
  }

  /** Path of a new file. Refuses where the disk has no room for about so many bytes. */
  async next(kind: 'heap' | 'cpu', extension: string, bytes: number): Promise<string> {
    await mkdir(this.directory, { recursive: true, mode: DIRECTORY_MODE });
    const { bavail, bsize } = await statfs(this.directory);
    if (bavail * bsize < bytes) {
      throw new Refusal(
        'UNAVAILABLE',
        `${this.directory} has ${Math.floor((bavail * bsize) / MIB)} MiB of room and about ${Math.ceil(bytes / MIB)} MiB are needed; make room there`,
      );
    }
    await this.forgetOld();
    return join(this.directory, `${kind}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.${extension}`);
  }

  /** Closes a new file to everybody else. */
  async protect(path: string): Promise<void> {
    await chmod(path, FILE_MODE);
  }

  private async forgetOld(): Promise<void> {
    const names = (await readdir(this.directory)).filter((name) => NAME.test(name)).toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)));
    for (const name of names.slice(0, Math.max(0, names.length - KEPT + 1))) await rm(join(this.directory, name), { force: true });
  }
}

function timeOf(name: string): string {
  return name.slice(name.indexOf('-') + 1);
}
