import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

const FORM = /^[A-Za-z0-9_-]{43}$/;

/** What the cookie of a session holds: 256 random bits. */
export function makeSessionSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Whether text has the form of a secret; what has not need not be looked for. */
export function isSessionSecret(text: string): boolean {
  return FORM.test(text);
}

/** What is stored of a secret. A plain digest suffices: there is no dictionary to try. */
export function sessionHash(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/**
 * The token that a page must send beside the cookie. It follows from the secret, which no page can read, so it needs no storage and ends
 * with the session.
 */
export function csrfTokenOf(secret: string): string {
  return createHmac('sha256', secret).update('waybill csrf').digest('base64url');
}

/** Compares in constant time. */
export function isCsrfTokenOf(secret: string, token: string): boolean {
  const expected = Buffer.from(csrfTokenOf(secret), 'latin1');
  const given = Buffer.from(token, 'latin1');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
