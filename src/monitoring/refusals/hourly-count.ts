const MINUTE_MS = 60_000;
const SLOTS = 60;

/** How often something happened within the last hour, to a minute. */
export class HourlyCount {
  private readonly slots = new Uint32Array(SLOTS);
  private latest = 0;

  /** Counts one more. `now`: milliseconds since the epoch. */
  add(now: number): void {
    const minute = this.advance(now);
    this.slots[minute % SLOTS] = (this.slots[minute % SLOTS] as number) + 1;
  }

  within(now: number): number {
    this.advance(now);
    return this.slots.reduce((sum, count) => sum + count, 0);
  }

  /** Empties the minutes that nothing was counted in since the last time. A clock that was put back counts on in the latest minute. */
  private advance(now: number): number {
    const minute = Math.max(this.latest, Math.floor(now / MINUTE_MS));
    if (minute - this.latest >= SLOTS) this.slots.fill(0);
    else for (let passed = this.latest + 1; passed <= minute; passed += 1) this.slots[passed % SLOTS] = 0;
    this.latest = minute;
    return minute;
  }
}
