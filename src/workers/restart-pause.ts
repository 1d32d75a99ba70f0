const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** Whoever has served for so long was not broken from the beginning. */
const SOUND_MS = 60_000;

/** How long a process that ended is waited with before it is started again: longer each time it ends soon. */
export class RestartPause {
  private ends = 0;

  /** @param servedMs how long it had served, in milliseconds. */
  after(servedMs: number): number {
    if (servedMs >= SOUND_MS) this.ends = 0;
    const pause = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.ends);
    this.ends += 1;
    return pause;
  }
}
