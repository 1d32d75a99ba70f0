import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { HMAC_ALGORITHMS, type HmacAlgorithm } from './jwt-algorithms.js';

/**
 * Checks HMAC signatures of tokens (RFC 7515 section 5.2) without leaving the thread: a hash of some hundred bytes is far cheaper than
 * the way to a worker and back.
 */
export class HmacSignature {
  private readonly key: KeyObject;

  constructor(
    readonly algorithm: HmacAlgorithm,
    secret: Uint8Array,
  ) {
    this.key = createSecretKey(secret);
  }

  /** Whether the last part of a token signs the parts before it; compared in constant time and in its one canonical spelling. */
  signs(token: string): boolean {
    const dot = token.lastIndexOf('.');
    const { digest } = HMAC_ALGORITHMS[this.algorithm];
    const expected = Buffer.from(createHmac(digest, this.key).update(token.slice(0, dot)).digest('base64url'));
    const given = Buffer.from(token.slice(dot + 1));
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}
