import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { VerifiedToken } from './jwt-verifier.js';
import { LruMap } from './lru-map.js';

/** How long a verified token is believed without another look, in milliseconds. */
const BELIEVED_MS = 60_000;

interface Entry {
  readonly verified: VerifiedToken;
  /** On the monotonic clock, so that a clock set back does not prolong it. */
  readonly until: number;
}

/**
 * Remembers verified tokens, so that a reconnect storm costs a hash for each token instead of a verification. Holds SHA-256 digests, not
 * tokens; never past a token's `exp`. Emptied when keys change; what was revoked is asked of
 * `Revocations` at every look.
 */
@Injectable()
export class TokenCache {
  private readonly entries: LruMap<Entry>;

  constructor(config: Config) {
    this.entries = new LruMap(config.auth.tokenCacheSize);
  }

  get size(): number {
    return this.entries.size;
  }

  /** Undefined where the token is not known or must be looked at again. */
  get(token: string): VerifiedToken | undefined {
    const digest = digestOf(token);
    const entry = this.entries.get(digest);
    if (entry === undefined) return undefined;
    if (performance.now() < entry.until && Date.now() < (entry.verified.principal.expiresAt ?? Infinity)) return entry.verified;
    this.entries.delete(digest);
    return undefined;
  }

  put(token: string, verified: VerifiedToken): void {
    this.entries.set(digestOf(token), { verified, until: performance.now() + BELIEVED_MS });
  }

  clear(): void {
    this.entries.clear();
  }
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
