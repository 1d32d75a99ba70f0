import { Injectable } from '@nestjs/common';
import { JwtVerifier, type VerifiedToken } from './jwt-verifier.js';
import { TokenCache } from './token-cache.js';

/** Verification with the cache before it: what everything that takes a token calls. Rejects like `JwtVerifier.verify`. */
@Injectable()
export class TokenVerification {
  constructor(
    private readonly verifier: JwtVerifier,
    private readonly cache: TokenCache,
  ) {}

  async verify(token: string): Promise<VerifiedToken> {
    const known = this.cache.get(token);
    if (known !== undefined) return known;
    const verified = await this.verifier.verify(token);
    this.cache.put(token, verified);
    return verified;
  }
}
