/** How the page stands with its session. */
export type Standing =
  | { readonly state: 'fine' }
  /** It ends soon: because nothing is touched, or because it is old. */
  | { readonly state: 'ending'; readonly why: 'idle' | 'age'; readonly leftMs: number }
  | { readonly state: 'ended'; readonly why: 'idle' | 'age' };

/** How long before the end somebody is told, in milliseconds. */
export const WARN_MS = 120_000;

export interface SessionTimes {
  /** When somebody last touched a page of this browser, milliseconds since the epoch. */
  readonly touchedAt: number;
  /** How long a session goes on without use, milliseconds. */
  readonly idleMs: number;
  /** When it ends whatever is done, milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * What people do is counted, as the gateway counts it: what screens ask by themselves prolongs nothing. What ends first is told.
 */
export function standingAt(now: number, { touchedAt, idleMs, expiresAt }: SessionTimes): Standing {
  const idleLeft = touchedAt + idleMs - now;
  const ageLeft = expiresAt - now;
  const why = idleLeft <= ageLeft ? 'idle' : 'age';
  const leftMs = Math.min(idleLeft, ageLeft);
  if (leftMs <= 0) return { state: 'ended', why };
  return leftMs <= WARN_MS ? { state: 'ending', why, leftMs } : { state: 'fine' };
}
