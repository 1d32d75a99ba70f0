import type { Clock } from './clock.js';

/** Time for an answer to our own ping, in milliseconds. */
const ANSWER_TIMEOUT_MS = 8_000;

export interface HeartbeatHandlers {
  /** Nothing was heard for the interval: send a ping. */
  readonly silent: () => void;
  /** Nothing came after the ping either. */
  readonly dead: () => void;
}

/**
 * Tells a dead connection from a quiet one. Browsers hide WebSocket pings, so silence is answered by a `ping` frame, and
 * only silence after that counts as death: a page that slept wakes up with its timers late, not with its connection lost.
 */
export class Heartbeat {
  #intervalMs = 0;
  #lastHeard = 0;
  #asking = false;
  #heardSinceAsked = false;
  #cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly handlers: HeartbeatHandlers,
  ) {}

  start(intervalMs: number): void {
    this.stop();
    this.heard();
    this.#intervalMs = intervalMs;
    this.#watch(intervalMs);
  }

  /** Any frame counts. Called for each: only assignments. */
  heard(): void {
    this.#lastHeard = this.clock.now();
    this.#heardSinceAsked = true;
  }

  /** Somebody doubts the connection: asks now instead of after the interval. */
  probe(): void {
    if (this.#asking || this.#cancel === undefined) return;
    this.#cancel();
    this.#ask();
  }

  stop(): void {
    this.#asking = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #watch(waitMs: number): void {
    this.#cancel = this.clock.after(waitMs, () => {
      const quietMs = this.clock.now() - this.#lastHeard;
      if (quietMs < this.#intervalMs) return this.#watch(this.#intervalMs - quietMs);
      this.#ask();
    });
  }

  #ask(): void {
    this.#asking = true;
    this.#heardSinceAsked = false;
    this.#cancel = this.clock.after(ANSWER_TIMEOUT_MS, () => {
      if (!this.#heardSinceAsked) return this.handlers.dead();
      this.#asking = false;
      this.#watch(Math.max(1, this.#intervalMs - (this.clock.now() - this.#lastHeard)));
    });
    this.handlers.silent();
  }
}
