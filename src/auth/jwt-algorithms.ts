import type { KeyObject, webcrypto } from 'node:crypto';

/** HMAC algorithms (RFC 7518 section 3.2), with the hash as WebCrypto and as Node name it, and the bytes of its output. */
export const HMAC_ALGORITHMS = {
  HS256: { hash: 'SHA-256', digest: 'sha256', bytes: 32 },
  HS384: { hash: 'SHA-384', digest: 'sha384', bytes: 48 },
  HS512: { hash: 'SHA-512', digest: 'sha512', bytes: 64 },
} as const;

export type HmacAlgorithm = keyof typeof HMAC_ALGORITHMS;

interface KeyAlgorithm {
  /** What keys it works with: Node's `asymmetricKeyType`, or the curve of an EC key. */
  readonly kind: 'rsa' | 'prime256v1' | 'secp384r1' | 'secp521r1' | 'ed25519';
  readonly parameters: Parameters<KeyObject['toCryptoKey']>[0];
}

/** Algorithms of key pairs (RFC 7518 sections 3.3 to 3.5, RFC 8037, RFC 9864). */
const KEY_ALGORITHMS = {
  RS256: { kind: 'rsa', parameters: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } },
  RS384: { kind: 'rsa', parameters: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' } },
  RS512: { kind: 'rsa', parameters: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' } },
  PS256: { kind: 'rsa', parameters: { name: 'RSA-PSS', hash: 'SHA-256' } },
  PS384: { kind: 'rsa', parameters: { name: 'RSA-PSS', hash: 'SHA-384' } },
  PS512: { kind: 'rsa', parameters: { name: 'RSA-PSS', hash: 'SHA-512' } },
  ES256: { kind: 'prime256v1', parameters: { name: 'ECDSA', namedCurve: 'P-256' } },
  ES384: { kind: 'secp384r1', parameters: { name: 'ECDSA', namedCurve: 'P-384' } },
  ES512: { kind: 'secp521r1', parameters: { name: 'ECDSA', namedCurve: 'P-521' } },
  EdDSA: { kind: 'ed25519', parameters: { name: 'Ed25519' } },
  Ed25519: { kind: 'ed25519', parameters: { name: 'Ed25519' } },
} as const satisfies Readonly<Record<string, KeyAlgorithm>>;

export type PublicKeyAlgorithm = keyof typeof KEY_ALGORITHMS;

/** A key and the one algorithm it is for: a signature made any other way does not count (RFC 8725 section 3.1). */
export interface VerificationKey {
  readonly algorithm: PublicKeyAlgorithm;
  readonly key: webcrypto.CryptoKey;
}

/** RFC 7518 section 3.3. */
const RSA_BITS = 2048;

export function isPublicKeyAlgorithm(name: unknown): name is PublicKeyAlgorithm {
  return typeof name === 'string' && Object.hasOwn(KEY_ALGORITHMS, name);
}

/**
 * A public key for the algorithm that was named for it, else the usual one of its kind. Answers what is wrong with the key, as the
 * second half of a sentence, where it cannot be used.
 */
export function verificationKey(key: KeyObject, named?: PublicKeyAlgorithm): VerificationKey | string {
  const kind = kindOf(key);
  const usual = (Object.keys(KEY_ALGORITHMS) as PublicKeyAlgorithm[]).find((name) => KEY_ALGORITHMS[name].kind === kind);
  if (usual === undefined) return `is a key of kind ${kind}`;
  const algorithm = named ?? usual;
  if (KEY_ALGORITHMS[algorithm].kind !== kind) return `is a key of kind ${kind}, which does not go with ${algorithm}`;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? RSA_BITS;
  if (bits < RSA_BITS) return `is an RSA key of ${bits} bits; at least ${RSA_BITS} are needed`;
  return { algorithm, key: key.toCryptoKey(KEY_ALGORITHMS[algorithm].parameters, false, ['verify']) };
}

function kindOf(key: KeyObject): string {
  const type = key.asymmetricKeyType ?? 'unknown';
  return type === 'ec' ? (key.asymmetricKeyDetails?.namedCurve ?? 'ec') : type;
}
