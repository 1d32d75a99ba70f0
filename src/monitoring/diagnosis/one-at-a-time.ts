import { Refusal } from '../../protocol/refusal.js';

const RETRY_MS = 5_000;

/** Lets one thing be done at a time and refuses the next: two profiles at once would measure each other. */
export class OneAtATime {
  private current: { readonly what: string; readonly since: number } | undefined;

  async run<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.current !== undefined) {
      const seconds = Math.round((performance.now() - this.current.since) / 1_000);
      throw new Refusal('UNAVAILABLE', `${this.current.what} has been under way for ${seconds} s, and there is one diagnosis at a time`, {
        retryAfterMs: RETRY_MS,
      });
    }
    this.current = { what, since: performance.now() };
    try {
      return await work();
    } finally {
      this.current = undefined;
    }
  }
}
