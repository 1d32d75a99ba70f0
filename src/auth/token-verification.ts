import { Injectable } from '@nestjs/common';
import { Telemetry } from '../telemetry/telemetry.js';
import { JwtVerifier, type VerifiedToken } from './jwt-verifier.js';
import { Revocations } from './revocations.js';
import { TokenCache } from './token-cache.js';

/**
 * Verification with the cache before it, and revocation behind both: what everything that takes a token calls. Rejects like
 * `JwtVerifier.verify` and `Revocations.require`.
 */
@Injectable()
export class TokenVerification {
  constructor(
    private readonly verifier: JwtVerifier,
    private readonly cache: TokenCache,
    private readonly revocations: Revocations,
    private readonly telemetry: Telemetry,
  ) {
    verifier.onKeysChanged(() => cache.clear());
  }

  async verify(token: string): Promise<VerifiedToken> {
    const known = this.cache.get(token);
    this.telemetry.cacheRequest('token', known === undefined ? 'miss' : 'hit');
    const verified = known ?? (await this.verifier.verify(token));
    if (known === undefined) this.cache.put(token, verified);
    this.revocations.require(verified.principal);
    return verified;
  }
}
