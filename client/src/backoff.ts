/** Delays between attempts to connect. */
export interface BackoffOptions {
  /** Window of the first delay, in milliseconds. Default 500. */
  readonly minDelayMs?: number;
  /** Widest window, in milliseconds. Default 20,000. */
  readonly maxDelayMs?: number;
}

/**
 * Delays between attempts to connect: exponential with full jitter, so that clients that lost one node together do not come
 * back together (Marc Brooker, "Exponential Backoff And Jitter", 2015). The n-th delay is evenly spread over
 * `[0, min(maxDelay, minDelay * 2^n))`. A wait that the server asked for comes first, and the jitter on top of it.
 */
export class Backoff {
  #attempts = 0;
  readonly #minDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #random: () => number;

  constructor(options: BackoffOptions, random: () => number) {
    this.#minDelayMs = options.minDelayMs ?? 500;
    this.#maxDelayMs = options.maxDelayMs ?? 20_000;
    this.#random = random;
  }

  /** Delays given since the last reset. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The next delay in milliseconds, never below `floorMs`. */
  next(floorMs = 0): number {
    const window = Math.min(this.#maxDelayMs, this.#minDelayMs * 2 ** Math.min(this.#attempts, 30));
    this.#attempts += 1;
    return Math.max(0, floorMs) + Math.floor(this.#random() * window);
  }

  reset(): void {
    this.#attempts = 0;
  }
}
