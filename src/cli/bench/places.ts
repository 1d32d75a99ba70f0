/** A bounded number of places; whoever finds none waits in line. */
export class Places {
  private readonly waiting: (() => void)[] = [];

  constructor(private left: number) {}

  async take(): Promise<void> {
    if (this.left > 0) this.left -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  free(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.left += 1;
    else next();
  }
}
