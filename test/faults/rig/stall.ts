import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { guardian } from './guardian.js';
import { signal } from './processes.js';

const PRELOAD = new URL('stall-on-signal.mjs', import.meta.url);

/** How a gateway is made to stand still: `loop`: its event loop is kept busy; `process`: all of it is stopped. */
export type StallKind = 'loop' | 'process';

/** Makes a gateway stand still for a time, as a long collection, a defect, or a frozen machine does. */
export class Staller {
  private readonly directory = guardian.makeDirectory('stall');
  private readonly file = join(this.directory, 'milliseconds');

  /** Settings that the gateway has to be started with. */
  get env(): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--import ${PRELOAD.href}`, STALL_FILE: this.file };
  }

  /** Resolves when the time is over; a loop that is kept busy may need a moment more. */
  async stall(pid: number, kind: StallKind, durationMs: number): Promise<void> {
    if (kind === 'loop') {
      writeFileSync(this.file, String(durationMs));
      signal(pid, 'SIGUSR2');
      await delay(durationMs);
      return;
    }
    signal(pid, 'SIGSTOP');
    try {
      await delay(durationMs);
    } finally {
      signal(pid, 'SIGCONT');
    }
  }

  remove(): void {
    guardian.removeDirectory(this.directory);
  }
}
