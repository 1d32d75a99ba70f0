import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError } from '../config/config-error.js';
import { isPublicKeyAlgorithm, type VerificationKey, verificationKey } from './jwt-algorithms.js';

const OPTION = 'WAYBILL_JWT_PUBLIC_KEY_FILE';
const ALGORITHMS_OPTION = 'WAYBILL_JWT_PUBLIC_KEY_ALGORITHMS';
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;
const ACCEPTED: ReadonlySet<string> = new Set(['PUBLIC KEY', 'RSA PUBLIC KEY']);
/** Every key of an algorithm may be tried for one token, so their number bounds the work that a forged token can cause. */
const MOST_KEYS = 16;

/**
 * Reads the PEM file of public keys. `algorithms`: one for each key in the order of the file; none: each has the usual one of its
 * kind. Throws `ConfigError` for a file, block, kind of key or algorithm that cannot be used.
 */
export function readPublicKeys(path: string, algorithms: readonly string[] = []): readonly VerificationKey[] {
  const blocks = [...readPem(path).matchAll(BLOCK)];
  if (blocks.length === 0 || blocks.length > MOST_KEYS) {
    throw refused(path, `holds ${blocks.length === 0 ? 'no PEM block' : `more than ${MOST_KEYS} keys`}`);
  }
  if (algorithms.length > 0 && algorithms.length !== blocks.length) {
    throw new ConfigError([
      `${ALGORITHMS_OPTION}: names ${algorithms.length} algorithms, but ${path} holds ${blocks.length} keys. Name one for each key, in the order of the file.`,
    ]);
  }
  return blocks.map((block, index) => {
    const place = `${path}, block ${index + 1}`;
    const named = algorithms[index];
    const key = verificationKey(readKey(block[0], block[1] ?? '', place), isPublicKeyAlgorithm(named) ? named : undefined);
    if (typeof key === 'string') throw refused(place, key);
    return key;
  });
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refused(path, `cannot be read (${(error as Error).message})`);
  }
}

function readKey(pem: string, label: string, place: string): KeyObject {
  if (label.includes('PRIVATE'))
    throw refused(
      place,
      'is a private key, which must not be here: keep it with the issuer and export the public one (openssl pkey -pubout)',
    );
  if (!ACCEPTED.has(label)) throw refused(place, `is a ${label}, not a public key`);
  try {
    return createPublicKey(pem);
  } catch {
    throw refused(place, 'is not a readable public key');
  }
}

function refused(place: string, problem: string): ConfigError {
  return new ConfigError([
    `${OPTION}: ${place} ${problem}. Give PEM blocks "PUBLIC KEY" of RSA (2048 bits or more), EC P-256, P-384 or P-521, or Ed25519.`,
  ]);
}
