import { LruMap } from '../lru-map.js';

interface Window {
  attempts: number;
  /** On the monotonic clock. */
  readonly until: number;
}

/** Counts attempts by key; a key's minute begins with its first attempt. What was not used for longest is forgotten first. */
export class AttemptWindows {
  private readonly windows: LruMap<Window>;

  constructor(
    capacity: number,
    private readonly lengthMs: number,
  ) {
    this.windows = new LruMap(capacity);
  }

  /** Counts one attempt; answers 0, or for how many milliseconds there is none left. A limit of 0 is none. */
  take(key: string, limit: number): number {
    if (limit === 0) return 0;
    const now = performance.now();
    const window = this.windows.get(key);
    if (window === undefined || now >= window.until) {
      this.windows.set(key, { attempts: 1, until: now + this.lengthMs });
      return 0;
    }
    if (window.attempts >= limit) return Math.ceil(window.until - now);
    window.attempts += 1;
    return 0;
  }

  /** The last attempt does not count after all. */
  giveBack(key: string): void {
    const window = this.windows.get(key);
    if (window !== undefined && window.attempts > 0) window.attempts -= 1;
  }

  forget(key: string): void {
    this.windows.delete(key);
  }
}
