/** What the page knows of its session outside React: the token that every change carries, and who wants to hear that it is over. */
let token = '';
const listeners = new Set<() => void>();

export function csrfToken(): string {
  return token;
}

export function rememberCsrfToken(next: string): void {
  token = next;
}

/** Tells that the gateway no longer knows the session. */
export function signedOut(): void {
  token = '';
  for (const listener of listeners) listener();
}

export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
