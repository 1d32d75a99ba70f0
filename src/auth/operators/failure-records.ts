/** Failed sign-ins that are recorded one by one within a minute; the trail is kept for good, so nobody may fill it from outside. */
const MOST_A_MINUTE = 120;
const MINUTE_MS = 60_000;

/** Bounds what failed sign-ins write into the audit trail; what is left out is counted and told with the next one that is not. */
export class FailureRecords {
  private minuteEnds = 0;
  private recorded = 0;
  private unrecorded = 0;

  /** How many were left out since the last record; undefined where this one is to be left out too. */
  take(): number | undefined {
    const now = performance.now();
    if (now >= this.minuteEnds) {
      this.minuteEnds = now + MINUTE_MS;
      this.recorded = 0;
    }
    if (this.recorded >= MOST_A_MINUTE) {
      this.unrecorded += 1;
      return undefined;
    }
    this.recorded += 1;
    const { unrecorded } = this;
    this.unrecorded = 0;
    return unrecorded;
  }
}
