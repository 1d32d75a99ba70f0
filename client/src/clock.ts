/** Time as the client sees it. A test passes its own, so that nothing waits for real. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `work` once after `ms` milliseconds; the answer cancels it. */
  after(ms: number, work: () => void): () => void;
}

/** Longest delay a timer of the platform can hold: beyond it, it would fire at once. */
export const LONGEST_TIMER_MS = 2_147_483_647;

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  after: (ms, work) => {
    const timer = setTimeout(work, Math.min(ms, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
