/** A token bucket: `perSecond` a second, bursts of twice as many. It starts full. */
export class RateBucket {
  private tokens: number;
  private countedAt: number;

  constructor(
    private readonly perSecond: number,
    now: number,
  ) {
    this.tokens = perSecond * 2;
    this.countedAt = now;
  }

  /** Takes one token. Answers 0 where there was one, else the milliseconds until there will be. Times in milliseconds. */
  take(now: number): number {
    const earned = ((now - this.countedAt) / 1_000) * this.perSecond;
    this.tokens = Math.min(this.perSecond * 2, this.tokens + earned);
    this.countedAt = now;
    if (this.tokens < 1) return Math.ceil(((1 - this.tokens) / this.perSecond) * 1_000);
    this.tokens -= 1;
    return 0;
  }
}
