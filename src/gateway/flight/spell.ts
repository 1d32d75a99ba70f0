/** What comes again sooner than this, in milliseconds, is the same spell: a client on a poor line is slow, not slow a thousand times. */
const SAME_SPELL_MS = 10_000;

/** Something that comes and goes, told as one beginning and one end however often it flickers. Times are milliseconds since the epoch. */
export class Spell {
  times = 1;
  /** Bytes that waited at worst. */
  worst = 0;
  /** Numbers of the events that count what it led to, where there are any. */
  drops: Count | undefined;
  gaps: Count | undefined;
  private total = 0;
  private began: number;
  private ended: number | undefined;

  constructor(now: number) {
    this.began = now;
  }

  /** When it was over; undefined: it is not. */
  get until(): number | undefined {
    return this.ended;
  }

  end(now: number): void {
    if (this.ended !== undefined) return;
    this.ended = now;
    this.total += Math.max(0, now - this.began);
  }

  /** Goes on with it where it is the same one; answers whether it is. */
  goesOn(now: number): boolean {
    if (this.ended === undefined) return true;
    if (now - this.ended > SAME_SPELL_MS) return false;
    this.ended = undefined;
    this.began = now;
    this.times += 1;
    return true;
  }

  /** How long it was, and how often where it came and went: `3 times, 812 ms in all`. */
  inWords(): string {
    const often = this.times === 1 ? `${this.total} ms` : `${this.times} times, ${this.total} ms in all`;
    return this.worst === 0 ? often : `${often}, up to ${this.worst} bytes waiting`;
  }
}

/** A number that an event says, and which event that is. */
export interface Count {
  readonly event: number;
  total: number;
}
