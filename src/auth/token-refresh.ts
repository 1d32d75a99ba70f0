import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import { Revoking } from './revoking.js';
import { type MintedToken, TokenIssuer } from './token-issuer.js';
import { TokenVerification } from './token-verification.js';

/**
 * Turns a good token into a fresh one of the same user and grants. A session made of such tokens ends `auth.sessionMaxSeconds` after its first
 * one, so that a token that leaked does not live for ever; after that the user's application mints a new one. The old token is retired:
 * after `auth.refreshGraceSeconds` it is refused, and its use is reported.
 */
@Injectable()
export class TokenRefresh {
  constructor(
    private readonly config: Config,
    private readonly verification: TokenVerification,
    private readonly issuer: TokenIssuer,
    private readonly revoking: Revoking,
  ) {}

  /** Rejects with `UNAUTHENTICATED`, `TOKEN_EXPIRED`, `PERMISSION_DENIED` for tokens that are not renewed here, or `UNAVAILABLE` where the old one cannot be retired. */
  async refresh(token: string): Promise<MintedToken> {
    const { principal, sharedSecret, sessionStart } = await this.verification.verify(token);
    if (!sharedSecret) throw denied('This token comes from another issuer; get the next one there.', 'refresh.issuer');
    if (principal.device !== undefined)
      throw denied('A device gets its next token by answering another challenge, not by renewing this one.', 'refresh.device');
    if (sessionStart === undefined)
      throw denied(
        'This token does not say when it was issued (iat), so its session cannot be bounded; get the next one where it came from.',
        'refresh.iat',
      );
    const { sessionMaxSeconds, tokenTtlSeconds } = this.config.auth;
    const left = Math.floor(sessionStart / 1_000) + sessionMaxSeconds - Math.floor(Date.now() / 1_000);
    if (left < 1) throw denied('This session has reached its longest life (WAYBILL_SESSION_MAX_S); sign in again.', 'refresh.session');
    const minted = await this.issuer.mint({
      user: principal.id,
      roles: principal.roles,
      grants: principal.grants,
      ttlSeconds: Math.min(left, tokenTtlSeconds),
      sessionStart: Math.min(sessionStart, Date.now()),
    });
    await this.revoking.retire(principal);
    return minted;
  }
}

function denied(message: string, rule: string): Refusal {
  return new Refusal('PERMISSION_DENIED', message, { rule });
}
