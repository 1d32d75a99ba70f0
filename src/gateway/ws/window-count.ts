/** Counts what happens within windows of a fixed length; the count starts anew with the first event after a window's end. */
export class WindowCount {
  private count = 0;
  private startedAt = -Infinity;

  constructor(private readonly windowMs: number) {}

  /** Counts one more; answers how many this window has seen. Times in milliseconds. */
  add(now: number): number {
    if (now - this.startedAt >= this.windowMs) {
      this.startedAt = now;
      this.count = 0;
    }
    this.count += 1;
    return this.count;
  }
}
