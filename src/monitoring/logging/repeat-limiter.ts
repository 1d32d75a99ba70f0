const WINDOW_MS = 10_000;
/** Different lines remembered at once; a flood of ever new lines starts over rather than grow. */
const MOST_KEYS = 1_000;

interface Repeated {
  readonly since: number;
  suppressed: number;
}

/** Lets the first of equal lines through, then one every ten seconds that says how many were left out. */
export class RepeatLimiter {
  private readonly seen = new Map<string, Repeated>();

  /** @param now milliseconds, monotonic. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Number of equal lines left out since the last one, if this one may be written; undefined if it may not. */
  admit(key: string): number | undefined {
    const now = this.now();
    const earlier = this.seen.get(key);
    if (earlier !== undefined && now - earlier.since < WINDOW_MS) {
      earlier.suppressed += 1;
      return undefined;
    }
    if (this.seen.size >= MOST_KEYS) this.seen.clear();
    this.seen.set(key, { since: now, suppressed: 0 });
    return earlier?.suppressed ?? 0;
  }
}
