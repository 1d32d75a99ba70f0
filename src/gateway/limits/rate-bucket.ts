/** Sums of tenths are not exact; what lacks less than this is there. */
const ROUNDING = 1e-9;

/**
 * A token bucket that starts full. It knows neither its rate nor its burst: whoever takes from it says both, so that settings which
 * change hold for buckets that exist.
 */
export class RateBucket {
  private units = Infinity;
  private countedAt = 0;

  /**
   * Milliseconds until `cost` units may be taken; 0: now. What costs more than a whole burst may be taken from a full bucket, which is
   * in debt then. `now` in milliseconds, `perSecond` above 0.
   */
  wait(cost: number, now: number, perSecond: number, burst: number): number {
    this.units = Math.min(burst, this.units + ((now - this.countedAt) / 1_000) * perSecond);
    this.countedAt = now;
    const lacking = Math.min(cost, burst) - this.units;
    return lacking <= ROUNDING ? 0 : Math.ceil((lacking / perSecond) * 1_000);
  }

  /** Takes units that `wait` has just allowed. */
  spend(cost: number): void {
    this.units -= cost;
  }

  /** Both at once: takes the units and answers 0, or takes nothing and answers how long to wait, in milliseconds. */
  take(cost: number, now: number, perSecond: number, burst: number): number {
    const wait = this.wait(cost, now, perSecond, burst);
    if (wait === 0) this.spend(cost);
    return wait;
  }
}
