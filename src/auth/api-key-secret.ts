import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Scanners of repositories and logs find keys by such a prefix. */
const GENERATED = /^wbk_[A-Za-z0-9_-]{43}$/;

/** A new API key: 256 random bits behind a prefix. */
export function makeApiKey(): string {
  return `wbk_${randomBytes(32).toString('base64url')}`;
}

/** Whether a string has the form of a key that this program made; what has not need not be looked for. */
export function isGeneratedApiKey(key: string): boolean {
  return GENERATED.test(key);
}

/** What is stored of a key. A plain digest suffices, as the key has 256 random bits: there is no dictionary to try. */
export function apiKeyHash(key: string): string {
  return hash('sha256', key, 'hex');
}

/** Compares two hashes of `apiKeyHash` in constant time. */
export function sameHash(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left, 'latin1'), Buffer.from(right, 'latin1'));
}
