import { createHmac, createPublicKey, generateKeyPairSync, hash, type KeyObject, randomBytes, timingSafeEqual, verify } from 'node:crypto';
import type { DeviceKeyKind } from './device-key.entity.js';

/** Version of the form below; a later one would be another. */
export const PROOF_VERSION = '1';

/** Says which way a proof goes: nothing that a server makes begins with it, so a server's own words are no answer. */
const ANSWER = 'waybill-device-answer';
const PUBLIC_KEY_BYTES = 32;

/** What a device signs. None of these may contain a newline. */
export interface Provable {
  /** Name of the service (option `devices.serverName`). */
  readonly server: string;
  readonly device: string;
  /** Id of the socket that the challenge was given on, or `rest`. */
  readonly connection: string;
  readonly nonce: string;
  readonly purpose: string;
}

/** A key as it checks proofs: the public key's 32 bytes, or the shared key. */
export interface ProofKey {
  readonly kind: DeviceKeyKind;
  readonly bytes: Buffer;
}

/** The bytes that a device signs: label, version, server, device, connection, nonce and purpose, one on each line, without a last newline. */
export function provableBytes({ server, device, connection, nonce, purpose }: Provable): Buffer {
  return Buffer.from([ANSWER, PROOF_VERSION, server, device, connection, nonce, purpose].join('\n'));
}

/** Whether a proof is an Ed25519 signature (RFC 8032), or an HMAC-SHA256 (RFC 2104), of these bytes. Any length of proof is allowed. */
export function isProof(key: ProofKey, bytes: Buffer, proof: Buffer): boolean {
  if (key.kind === 'hmac') return isSame(createHmac('sha256', key.bytes).update(bytes).digest(), proof);
  return verify(null, bytes, publicKeyOf(key.bytes), proof);
}

/** Compares in a time that does not depend on how much is right: digests, so that both sides have 32 bytes whatever came. */
export function isSame(expected: Buffer, given: Buffer): boolean {
  return timingSafeEqual(hash('sha256', expected, 'buffer'), hash('sha256', given, 'buffer'));
}

/** A key of each kind that nobody can make a proof with: what could is forgotten at once. */
export function nobodysKeys(): Readonly<Record<DeviceKeyKind, ProofKey>> {
  const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  return {
    hmac: { kind: 'hmac', bytes: randomBytes(32) },
    ed25519: { kind: 'ed25519', bytes: Buffer.from(x, 'base64url') },
  };
}

/** The 32 bytes of an Ed25519 public key, given as base64url or as PEM (SPKI, RFC 8410); undefined where it is neither. */
export function readPublicKey(text: string): Buffer | undefined {
  const raw = Buffer.from(text, 'base64url');
  if (raw.length === PUBLIC_KEY_BYTES && raw.toString('base64url') === text) return raw;
  // A private key would be read too, and taken for its public half.
  if (!text.includes('-----BEGIN PUBLIC KEY-----')) return undefined;
  try {
    const key = createPublicKey(text);
    if (key.asymmetricKeyType !== 'ed25519') return undefined;
    return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
  } catch {
    return undefined;
  }
}

function publicKeyOf(bytes: Buffer): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' });
}
