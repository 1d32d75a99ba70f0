import { Injectable } from '@nestjs/common';
import {
  decodeProtectedHeader,
  errors,
  type JWTClaimVerificationOptions,
  type JWTPayload,
  jwtVerify,
  type ProtectedHeaderParameters,
  UnsecuredJWT,
} from 'jose';
import { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import { firstProblem } from './first-problem.js';
import { HmacSignature } from './hmac-signature.js';
import { JwksKeys } from './jwks-keys.js';
import { isPublicKeyAlgorithm, type VerificationKey } from './jwt-algorithms.js';
import type { Principal } from './principal.js';
import { readPublicKeys } from './public-keys.js';
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

const KEYS_AWAY_RETRY_MS = 5_000;
/** The header of an unsecured JWT. What a signature was found good for is handed to the library in this form, for its checks of claims. */
const CHECKED_HEADER = Buffer.from('{"alg":"none"}').toString('base64url');

/**
 * Verifies user tokens (RFC 7519) by the rules of RFC 8725: a fixed list of algorithms, each key for one of them, the header's `alg` only
 * chooses among those; `kid` chooses among the keys of the issuer's own set and nowhere else; `jku`, `jwk` and `x5u` choose nothing. Throws
 * `UNAUTHENTICATED` or `TOKEN_EXPIRED`, or `UNAVAILABLE` where the keys cannot be had; no message contains the token.
 */
@Injectable()
export class JwtVerifier {
  private readonly hmac: HmacSignature;
  private readonly fileKeys: readonly VerificationKey[];

  constructor(
    private readonly config: Config,
    secrets: Secrets,
    private readonly jwks?: JwksKeys,
  ) {
    const { jwtAlgorithm, jwtPublicKeyFile, jwtPublicKeyAlgorithms } = config.auth;
    this.hmac = new HmacSignature(jwtAlgorithm, secrets.jwtSecret);
    this.fileKeys = jwtPublicKeyFile === undefined ? [] : readPublicKeys(jwtPublicKeyFile, jwtPublicKeyAlgorithms);
  }

  /** Calls work whenever keys have come or gone: what was found out with the old ones is void. */
  onKeysChanged(work: () => void): void {
    this.jwks?.onChange(work);
  }

  async verify(token: string): Promise<VerifiedToken> {
    const header = headerOf(token);
    const sharedSecret = header.alg === this.hmac.algorithm;
    const payload = sharedSecret ? this.checkedHere(token, header) : await this.checkedByKey(token, header);
    if (!isAccessToken(header, payload))
      throw unauthenticated('is not an access token: its type or purpose says otherwise (typ may be absent, JWT or at+jwt)');
    return this.verified(payload, sharedSecret);
  }

  /** Of the shared secret. No extension of the header is known here, so a critical one refuses (RFC 7515 section 4.1.11). */
  private checkedHere(token: string, header: ProtectedHeaderParameters): JWTPayload {
    if (header.crit !== undefined || header.b64 !== undefined) throw unauthenticated('is not a well-formed signed JWT');
    if (!this.hmac.signs(token)) throw unauthenticated('has a signature that no key of this gateway made');
    try {
      return UnsecuredJWT.decode(`${CHECKED_HEADER}.${token.split('.')[1] ?? ''}.`, this.rules()).payload;
    } catch (error) {
      throw refusalOf(error);
    }
  }

  private async checkedByKey(token: string, header: ProtectedHeaderParameters): Promise<JWTPayload> {
    if (!this.accepts(header.alg))
      throw unauthenticated(`is signed with an algorithm that is not accepted here (accepted: ${this.algorithms()})`);
    const ours = this.fileKeys.filter(({ algorithm }) => algorithm === header.alg);
    const known = this.jwks?.lookUp(header.alg, header.kid) ?? [];
    const payload = await this.checkedByOneOf([...ours, ...known], token);
    if (payload !== undefined) return payload;
    if (await this.jwks?.renew()) {
      const renewed = await this.checkedByOneOf(this.jwks?.matching(header.alg, header.kid) ?? [], token);
      if (renewed !== undefined) return renewed;
    }
    if (known.length === 0 && this.jwks?.isUnsure)
      throw new Refusal('UNAVAILABLE', "The token cannot be checked now: the issuer's keys cannot be fetched.", {
        retryAfterMs: KEYS_AWAY_RETRY_MS,
      });
    throw unauthenticated('has a signature that no key of this gateway made');
  }

  private async checkedByOneOf(candidates: readonly VerificationKey[], token: string): Promise<JWTPayload | undefined> {
    for (const { algorithm, key } of candidates) {
      try {
        return (await jwtVerify(token, key, { ...this.rules(), algorithms: [algorithm] })).payload;
      } catch (error) {
        if (error instanceof errors.JWSSignatureVerificationFailed) continue;
        throw refusalOf(error);
      }
    }
    return undefined;
  }

  private rules(): JWTClaimVerificationOptions {
    const { jwtAudience, jwtIssuer, jwtSkewSeconds } = this.config.auth;
    return {
      audience: jwtAudience,
      clockTolerance: jwtSkewSeconds,
      requiredClaims: ['exp'],
      ...(jwtIssuer === undefined ? {} : { issuer: jwtIssuer }),
    };
  }

  private accepts(algorithm: unknown): boolean {
    return (
      isPublicKeyAlgorithm(algorithm) && (this.jwks?.isConfigured === true || this.fileKeys.some((key) => key.algorithm === algorithm))
    );
  }

  private algorithms(): string {
    const ofJwks = this.jwks?.isConfigured === true ? ["those of the issuer's key set"] : [];
    return [...new Set([this.hmac.algorithm, ...this.fileKeys.map((key) => key.algorithm), ...ofJwks])].join(', ');
  }

  private verified(payload: JWTPayload, sharedSecret: boolean): VerifiedToken {
    const parsed = tokenClaims.safeParse(payload);
    if (!parsed.success) {
      const { field, problem } = firstProblem(parsed.error);
      throw unauthenticated(`has a claim that is wrong: ${field} ${problem}`);
    }
    const claims = parsed.data;
    this.requireLife(claims);
    const began = claims.auth_time ?? claims.iat;
    return { principal: principalOf(claims), sharedSecret, sessionStart: began === undefined ? undefined : began * 1_000 };
  }

  /** Bounds how long a token that leaked is of use, and how long a revocation must be kept. */
  private requireLife({ exp, iat }: TokenClaims): void {
    const { tokenAcceptedTtlSeconds, jwtSkewSeconds } = this.config.auth;
    const now = Date.now() / 1_000;
    if (iat !== undefined && iat > now + jwtSkewSeconds)
      throw unauthenticated('was issued in the future: iat is ahead of the clock of this gateway');
    if (exp - (iat ?? now + jwtSkewSeconds) > tokenAcceptedTtlSeconds)
      throw unauthenticated(
        `lives too long: at most ${tokenAcceptedTtlSeconds} s from iat to exp are accepted (WAYBILL_TOKEN_ACCEPTED_TTL_S)`,
      );
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

function principalOf(claims: TokenClaims): Principal {
  return {
    kind: 'user',
    id: claims.sub,
    roles: claims.roles ?? [],
    grants: grantsOf(claims),
    scopes: [],
    expiresAt: Math.floor(claims.exp * 1_000),
    tokenId: claims.jti,
    issuedAt: claims.iat === undefined ? undefined : claims.iat * 1_000,
    ...(claims.waybill_device === undefined ? {} : { device: claims.waybill_device }),
  };
}

/** Turns the library's errors into ours; anything else is a defect and stays one. */
function refusalOf(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) {
    // Its signature was good, so it says whose it was.
    const { sub: user } = error.payload;
    return new Refusal('TOKEN_EXPIRED', 'The token has expired; get a new one.', user === undefined ? {} : { user });
  }
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
