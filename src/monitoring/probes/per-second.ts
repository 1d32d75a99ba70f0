const SECOND_MS = 1_000;

/** So many things a second, counted by whole seconds: what is not used is not saved up. */
export class PerSecond {
  private left: number;
  private endsAt = 0;

  constructor(
    private readonly most: number,
    /** Milliseconds, monotonic. */
    private readonly now: () => number = () => performance.now(),
  ) {
    this.left = most;
  }

  take(): boolean {
    const now = this.now();
    if (now >= this.endsAt) {
      this.endsAt = now + SECOND_MS;
      this.left = this.most;
    }
    if (this.left <= 0) return false;
    this.left -= 1;
    return true;
  }
}
