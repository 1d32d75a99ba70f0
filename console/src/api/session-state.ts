/** Why one has to sign in again; undefined where somebody signed out, or never was in. */
export type SessionEnd = 'over' | 'idle';

/** What the page knows of its session outside React: the token that every change carries, and who wants to hear that it is over. */
let token = '';
const listeners = new Set<(why: SessionEnd | undefined) => void>();

export function csrfToken(): string {
  return token;
}

export function rememberCsrfToken(next: string): void {
  token = next;
}

/** Tells that the session is over; `why` where it was not by signing out. */
export function signedOut(why?: SessionEnd): void {
  token = '';
  for (const listener of listeners) listener(why);
}

export function onSignedOut(listener: (why: SessionEnd | undefined) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
