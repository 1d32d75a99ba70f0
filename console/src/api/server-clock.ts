let aheadMs = 0;

/** How far the gateway's clock is ahead of this browser's, in milliseconds, to the second: nobody is signed out because a laptop's clock is wrong. */
export function serverAheadMs(): number {
  return aheadMs;
}

/** Learns it from the Date of an answer (RFC 9110, 6.6.1). */
export function learnServerTime(date: string | null, now = Date.now()): void {
  const at = date === null ? NaN : Date.parse(date);
  if (!Number.isNaN(at)) aheadMs = at - now;
}
