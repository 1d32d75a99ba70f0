import { createPublicKey, type KeyObject, type webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError } from '../config/config-error.js';

/** A key and the one algorithm it is for: a signature made any other way does not count (RFC 8725 section 3.1). */
export interface VerificationKey {
  readonly algorithm: 'HS256' | 'RS256' | 'ES256' | 'EdDSA';
  readonly key: webcrypto.CryptoKey;
}

const OPTION = 'WAYBILL_JWT_PUBLIC_KEY_FILE';
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;
const ACCEPTED: ReadonlySet<string> = new Set(['PUBLIC KEY', 'RSA PUBLIC KEY']);
/** Every key of an algorithm may be tried for one token, so their number bounds the work that a forged token can cause. */
const MOST_KEYS = 16;
/** RFC 7518 section 3.3. */
const RSA_BITS = 2048;

/** Reads the PEM file of public keys. Throws `ConfigError` for a file, block or kind of key that cannot be used. */
export function readPublicKeys(path: string): readonly VerificationKey[] {
  const blocks = [...readPem(path).matchAll(BLOCK)];
  if (blocks.length === 0 || blocks.length > MOST_KEYS) {
    throw refused(path, `holds ${blocks.length === 0 ? 'no PEM block' : `more than ${MOST_KEYS} keys`}`);
  }
  return blocks.map((block, index) => readKey(block[0], block[1] ?? '', `${path}, block ${index + 1}`));
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refused(path, `cannot be read (${(error as Error).message})`);
  }
}

function readKey(pem: string, label: string, place: string): VerificationKey {
  if (label.includes('PRIVATE'))
    throw refused(
      place,
      'is a private key, which must not be here: keep it with the issuer and export the public one (openssl pkey -pubout)',
    );
  if (!ACCEPTED.has(label)) throw refused(place, `is a ${label}, not a public key`);
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw refused(place, 'is not a readable public key');
  }
  return verificationKey(key, place);
}

function verificationKey(key: KeyObject, place: string): VerificationKey {
  const details = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') {
    if ((details.modulusLength ?? 0) < RSA_BITS)
      throw refused(place, `is an RSA key of ${details.modulusLength ?? 0} bits; at least ${RSA_BITS} are needed`);
    return { algorithm: 'RS256', key: key.toCryptoKey({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['verify']) };
  }
  if (key.asymmetricKeyType === 'ec' && details.namedCurve === 'prime256v1') {
    return { algorithm: 'ES256', key: key.toCryptoKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']) };
  }
  if (key.asymmetricKeyType === 'ed25519') return { algorithm: 'EdDSA', key: key.toCryptoKey({ name: 'Ed25519' }, false, ['verify']) };
  throw refused(
    place,
    `is a key of kind ${key.asymmetricKeyType ?? 'unknown'}${details.namedCurve === undefined ? '' : ` on ${details.namedCurve}`}`,
  );
}

function refused(place: string, problem: string): ConfigError {
  return new ConfigError([`${OPTION}: ${place} ${problem}. Give PEM blocks "PUBLIC KEY" of RSA (2048 bits or more), EC P-256 or Ed25519.`]);
}
