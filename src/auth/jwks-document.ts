import { createPublicKey, hash, type JsonWebKey } from 'node:crypto';
import { isPublicKeyAlgorithm, type VerificationKey, verificationKey } from './jwt-algorithms.js';
import { JwksFailure } from './jwks-failure.js';

/** A key of the issuer's set. */
export interface JwksKey extends VerificationKey {
  readonly kid: string | undefined;
}

/** The keys of a set that can be used here, and a digest that changes with them. */
export interface KeySet {
  readonly keys: readonly JwksKey[];
  readonly digest: string;
}

type Member = JsonWebKey & Readonly<Record<string, unknown>>;

/**
 * Reads a key set (RFC 7517 section 5). Members for encryption, symmetric ones and those of a kind that is not accepted are passed over,
 * as the RFC asks. Throws `JwksFailure` for what is no key set, holds no usable key, or more than `mostKeys`.
 */
export function readKeySet(text: string, mostKeys: number): KeySet {
  const keys: JwksKey[] = [];
  const lines: string[] = [];
  for (const member of membersOf(text)) {
    const key = keyOf(member);
    if (key === undefined) continue;
    if (keys.length === mostKeys) throw new JwksFailure('invalid', `it holds more than ${mostKeys} usable keys (WAYBILL_JWKS_KEYS)`);
    keys.push(key);
    lines.push(JSON.stringify([key.kid, key.algorithm, member.n, member.e, member.crv, member.x, member.y]));
  }
  if (keys.length === 0) throw new JwksFailure('invalid', 'it holds no key that can be used here');
  return { keys, digest: hash('sha256', lines.toSorted().join('\n')) };
}

function membersOf(text: string): readonly Member[] {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    throw new JwksFailure('invalid', 'it is not JSON');
  }
  const members = typeof set === 'object' && set !== null ? (set as { readonly keys?: unknown }).keys : undefined;
  if (!Array.isArray(members)) throw new JwksFailure('invalid', 'it is not a key set: there is no list "keys"');
  return (members as readonly unknown[]).filter((member): member is Member => typeof member === 'object' && member !== null);
}

function keyOf(member: Member): JwksKey | undefined {
  const { kid, use, alg, key_ops: operations } = member;
  // A private key that somebody published belongs to everybody by now.
  if (member.kty === 'oct' || member.d !== undefined) return undefined;
  if (use !== undefined && use !== 'sig') return undefined;
  if (Array.isArray(operations) && !operations.includes('verify')) return undefined;
  if (alg !== undefined && !isPublicKeyAlgorithm(alg)) return undefined;
  try {
    const key = verificationKey(createPublicKey({ key: member, format: 'jwk' }), alg);
    return typeof key === 'string' ? undefined : { ...key, kid: typeof kid === 'string' ? kid : undefined };
  } catch {
    return undefined;
  }
}
