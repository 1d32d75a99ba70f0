import { createSecretKey } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, type ProtectedHeaderParameters } from 'jose';
import { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import { firstProblem } from './first-problem.js';
import type { Principal } from './principal.js';
import { readPublicKeys, type VerificationKey } from './public-keys.js';
import { Secrets } from './secrets.js';
import { grantsOf, type TokenClaims, tokenClaims } from './token-claims.js';
import { isAccessToken } from './token-purpose.js';

/** Longest token that is looked at, in characters; more does not fit into a request's headers beside the rest. */
export const TOKEN_LENGTH = 8_192;

/** What a good token says. */
export interface VerifiedToken {
  /** `expiresAt` is the token's own `exp`: within the allowed clock difference a token enters, yet its socket ends at once. */
  readonly principal: Principal;
  /** Whether the shared secret signed it; the other tokens have an issuer of their own, who alone renews them. */
  readonly sharedSecret: boolean;
  /** When its session began (`auth_time`, else `iat`), milliseconds since the epoch. */
  readonly sessionStart: number | undefined;
}

/**
 * Verifies user tokens (RFC 7519) by the rules of RFC 8725: a fixed list of algorithms, each key for one of them, the header's `alg` only chooses
 * among those, and `kid`, `jku`, `jwk` and `x5u` choose nothing. Throws `UNAUTHENTICATED` or `TOKEN_EXPIRED`; no message contains the token.
 */
@Injectable()
export class JwtVerifier {
  private readonly keys: readonly VerificationKey[];

  constructor(
    private readonly config: Config,
    secrets: Secrets,
  ) {
    const shared = createSecretKey(secrets.jwtSecret).toCryptoKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    const file = config.auth.jwtPublicKeyFile;
    this.keys = [{ algorithm: 'HS256', key: shared }, ...(file === undefined ? [] : readPublicKeys(file))];
  }

  async verify(token: string): Promise<VerifiedToken> {
    const header = headerOf(token);
    const candidates = this.keys.filter((candidate) => candidate.algorithm === header.alg);
    if (candidates.length === 0)
      throw unauthenticated(`is signed with an algorithm that is not accepted here (accepted: ${this.algorithms()})`);
    const payload = await this.checked(token, candidates);
    if (!isAccessToken(header, payload))
      throw unauthenticated('is not an access token: its type or purpose says otherwise (typ may be absent, JWT or at+jwt)');
    return verified(payload, header.alg === 'HS256');
  }

  private async checked(token: string, candidates: readonly VerificationKey[]): Promise<JWTPayload> {
    const { jwtAudience, jwtIssuer, jwtSkewSeconds } = this.config.auth;
    const rules = {
      audience: jwtAudience,
      clockTolerance: jwtSkewSeconds,
      requiredClaims: ['exp'],
      ...(jwtIssuer === undefined ? {} : { issuer: jwtIssuer }),
    };
    for (const { algorithm, key } of candidates) {
      try {
        return (await jwtVerify(token, key, { ...rules, algorithms: [algorithm] })).payload;
      } catch (error) {
        if (error instanceof errors.JWSSignatureVerificationFailed) continue;
        throw refusalOf(error);
      }
    }
    throw unauthenticated('has a signature that no key of this gateway made');
  }

  private algorithms(): string {
    return [...new Set(this.keys.map((key) => key.algorithm))].join(', ');
  }
}

function headerOf(token: string): ProtectedHeaderParameters {
  if (token.length > TOKEN_LENGTH) throw unauthenticated(`is longer than ${TOKEN_LENGTH} characters`);
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw unauthenticated('is not a JWT');
  }
}

function verified(payload: JWTPayload, sharedSecret: boolean): VerifiedToken {
  const parsed = tokenClaims.safeParse(payload);
  if (!parsed.success) {
    const { field, problem } = firstProblem(parsed.error);
    throw unauthenticated(`has a claim that is wrong: ${field} ${problem}`);
  }
  const claims = parsed.data;
  const began = claims.auth_time ?? claims.iat;
  return { principal: principalOf(claims), sharedSecret, sessionStart: began === undefined ? undefined : began * 1_000 };
}

function principalOf(claims: TokenClaims): Principal {
  return {
    kind: 'user',
    id: claims.sub,
    roles: claims.roles ?? [],
    grants: grantsOf(claims),
    scopes: [],
    expiresAt: Math.floor(claims.exp * 1_000),
    tokenId: claims.jti,
  };
}

/** Turns the library's errors into ours; anything else is a defect and stays one. */
function refusalOf(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return new Refusal('TOKEN_EXPIRED', 'The token has expired; get a new one.');
  if (error instanceof errors.JWTClaimValidationFailed) return unauthenticated(CLAIM_PROBLEMS[error.claim] ?? 'has a claim that is wrong');
  if (error instanceof errors.JOSEError) return unauthenticated('is not a well-formed signed JWT');
  return error;
}

const CLAIM_PROBLEMS: Readonly<Record<string, string>> = {
  aud: 'is for another audience: aud must contain the one this gateway is configured with (WAYBILL_JWT_AUDIENCE)',
  iss: 'is from another issuer than the one this gateway is configured with (WAYBILL_JWT_ISSUER)',
  exp: 'has no exp, or one that is not a number: every token must expire',
  nbf: 'is not valid yet, or has an nbf that is not a number',
  iat: 'has an iat that is not a number',
};

function unauthenticated(problem: string): Refusal {
  return new Refusal('UNAUTHENTICATED', `The token ${problem}.`);
}
