import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guardian } from './guardian.js';
import { signal } from './processes.js';

const PRELOAD = new URL('clock-shift.mjs', import.meta.url);

/** Wall clocks of gateways that can be set, each for itself. */
export class Clocks {
  private readonly directory = guardian.makeDirectory('clocks');

  /** Settings that a gateway has to be started with. `aheadMs`: how far its clock is ahead of the machine's at its start. */
  env(index: number, aheadMs: number): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--import ${PRELOAD.href}`, CLOCK_SHIFT_MS: String(aheadMs), CLOCK_FILE: this.fileOf(index) };
  }

  /** Sets the clock of a gateway that runs. */
  set(index: number, pid: number, aheadMs: number): void {
    writeFileSync(this.fileOf(index), String(aheadMs));
    signal(pid, 'SIGUSR2');
  }

  remove(): void {
    guardian.removeDirectory(this.directory);
  }

  private fileOf(index: number): string {
    return join(this.directory, `node-${index + 1}`);
  }
}
