/**
 * Runs one piece of work at a time. Whoever asks while it runs is answered by one more run afterwards, which sees what they saw: so many
 * who ask at once cost two runs, and none of them is forgotten.
 */
export class LookAgain {
  private running: Promise<void> | undefined;
  private again = false;

  /** @param work must not reject. */
  constructor(private readonly work: () => Promise<void>) {}

  /** Resolves when nothing runs. */
  get idle(): Promise<void> {
    return this.running ?? Promise.resolve();
  }

  /** Resolves when a run that began after this call is done. */
  async now(): Promise<void> {
    if (this.running !== undefined) {
      this.again = true;
      return this.running;
    }
    this.running = this.run();
    return this.running;
  }

  private async run(): Promise<void> {
    do {
      this.again = false;
      await this.work();
    } while (this.again);
    this.running = undefined;
  }
}
