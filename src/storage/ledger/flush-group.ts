/** Those who wait until what they told is recorded: for one flush together, and no longer than a moment. */
export class FlushGroup {
  readonly recorded: Promise<void>;
  private resolve: () => void = () => undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(longestMs: number) {
    this.recorded = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.timer = setTimeout(this.resolve, longestMs);
    this.timer.unref();
  }

  end(): void {
    clearTimeout(this.timer);
    this.resolve();
  }
}
