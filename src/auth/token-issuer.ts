import { createSecretKey, type KeyObject, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import { TOKEN_LENGTH } from './jwt-verifier.js';
import { type DeviceClaim, type Grants, NO_GRANTS } from './principal.js';
import { Secrets } from './secrets.js';
import { ACCESS_TOKEN_TYPE } from './token-purpose.js';

/** What a token shall say. */
export interface MintClaims {
  readonly user: string;
  readonly roles?: readonly string[];
  /** Absent: none beyond the user's own topic and what namespaces grant to anyone. */
  readonly grants?: Grants;
  /** Life in seconds; absent: option `auth.tokenTtlSeconds`. */
  readonly ttlSeconds?: number;
  /** When the session began, milliseconds since the epoch; absent: now. Refreshed tokens keep it. */
  readonly sessionStart?: number;
  /** The device that proved itself. */
  readonly device?: DeviceClaim;
}

export interface MintedToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Makes user tokens, signed with the shared secret. Callers have checked user id, roles and patterns. */
@Injectable()
export class TokenIssuer {
  private readonly key: KeyObject;

  constructor(
    private readonly config: Config,
    secrets: Secrets,
  ) {
    this.key = createSecretKey(secrets.jwtSecret);
  }

  /** Rejects with `BAD_REQUEST` for a life over the limit, and for more grants than a token can carry. */
  async mint(claims: MintClaims): Promise<MintedToken> {
    const now = Math.floor(Date.now() / 1_000);
    const expires = now + this.life(claims.ttlSeconds);
    const { topics, users, broadcast } = claims.grants ?? NO_GRANTS;
    const { jwtIssuer, jwtAudience, jwtAlgorithm } = this.config.auth;
    const jwt = new SignJWT({
      roles: claims.roles ?? [],
      topics,
      users,
      broadcast,
      auth_time: secondsOf(claims.sessionStart) ?? now,
      ...(claims.device === undefined ? {} : { waybill_device: claims.device }),
    })
      .setProtectedHeader({ alg: jwtAlgorithm, typ: ACCESS_TOKEN_TYPE })
      .setSubject(claims.user)
      .setAudience(jwtAudience)
      .setIssuedAt(now)
      .setExpirationTime(expires)
      .setJti(randomUUID());
    if (jwtIssuer !== undefined) jwt.setIssuer(jwtIssuer);
    const token = await jwt.sign(this.key);
    if (token.length > TOKEN_LENGTH) {
      throw Refusal.badRequest(
        'topics',
        `with roles and users these grants make a token of ${token.length} characters; at most ${TOKEN_LENGTH} are accepted, so use patterns such as chat.*`,
      );
    }
    return { token, expiresAt: expires * 1_000 };
  }

  private life(wanted: number | undefined): number {
    const { tokenTtlSeconds, tokenMaxTtlSeconds } = this.config.auth;
    if (wanted === undefined) return tokenTtlSeconds;
    if (wanted >= 1 && wanted <= tokenMaxTtlSeconds) return wanted;
    throw Refusal.badRequest('ttl_s', `must be from 1 to ${tokenMaxTtlSeconds} seconds (WAYBILL_TOKEN_MAX_TTL_S)`);
  }
}

function secondsOf(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.floor(milliseconds / 1_000);
}
