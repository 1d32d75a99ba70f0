const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const KIB = 1_024;

/** A time as a person reads it: `2026-11-21 21:40:03.123 UTC`. */
export function moment(at: number): string {
  return `${new Date(at).toISOString().replace('T', ' ').slice(0, -1)} UTC`;
}

/** A length of time in the unit that fits: `350 ms`, `2.4 s`, `12 min`, `3 h`, `2 days`. */
export function duration(ms: number): string {
  if (ms < SECOND_MS) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 2 * MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.round(ms / HOUR_MS)} h`;
  return `${Math.round(ms / DAY_MS)} days`;
}

export function bytes(count: number): string {
  return count < KIB ? `${count} bytes` : `${(count / KIB).toFixed(1)} KiB`;
}

/** `between A and B`, or `at A` where both are the same. */
export function between([from, to]: readonly [from: number, to: number]): string {
  return from >= to ? `at ${moment(to)}` : `between ${moment(from)} and ${moment(to)}`;
}
