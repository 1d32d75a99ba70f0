import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isProof, isSame, nobodysKeys, provableBytes, readPublicKey } from './device-proof.js';

const PROVABLE = { server: 'waybill', device: 'pump-7', connection: 'rest', nonce: 'AbC', purpose: 'token' };
const PAIR = generateKeyPairSync('ed25519');
const RAW = Buffer.from(PAIR.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');

describe('what a device signs', () => {
  it('is seven lines', () => {
    expect(provableBytes(PROVABLE).toString()).toBe('waybill-device-answer\n1\nwaybill\npump-7\nrest\nAbC\ntoken');
  });

  it('is proved by a signature', () => {
    const bytes = provableBytes(PROVABLE);
    const proof = sign(null, bytes, PAIR.privateKey);
    const key = { kind: 'ed25519', bytes: RAW } as const;
    expect(isProof(key, bytes, proof)).toBe(true);
    expect(isProof(key, provableBytes({ ...PROVABLE, nonce: 'AbD' }), proof)).toBe(false);
    expect(isProof(nobodysKeys().ed25519, bytes, proof)).toBe(false);
    for (const length of [0, 32, 63, 65, 512]) expect(isProof(key, bytes, Buffer.alloc(length, 1))).toBe(false);
  });

  it('is proved by a MAC', () => {
    const bytes = provableBytes(PROVABLE);
    const key = { kind: 'hmac', bytes: randomBytes(32) } as const;
    const proof = createHmac('sha256', key.bytes).update(bytes).digest();
    expect(isProof(key, bytes, proof)).toBe(true);
    expect(isProof(nobodysKeys().hmac, bytes, proof)).toBe(false);
    for (const wrong of [proof.subarray(0, 31), Buffer.concat([proof, Buffer.alloc(1)]), Buffer.alloc(0)]) {
      expect(isProof(key, bytes, wrong)).toBe(false);
    }
  });

  it('compares any lengths', () => {
    expect([isSame(Buffer.alloc(0), Buffer.alloc(0)), isSame(Buffer.alloc(32), Buffer.alloc(33))]).toEqual([true, false]);
  });
});

describe('a public key', () => {
  it('is read raw and as PEM', () => {
    expect(readPublicKey(RAW.toString('base64url'))).toEqual(RAW);
    expect(readPublicKey(String(PAIR.publicKey.export({ type: 'spki', format: 'pem' })))).toEqual(RAW);
  });

  it.each([
    ['nothing', ''],
    ['padding', `${RAW.toString('base64url')}=`],
    ['too few bytes', RAW.subarray(1).toString('base64url')],
    ['hexadecimal', RAW.toString('hex')],
    ['a private key', String(PAIR.privateKey.export({ type: 'pkcs8', format: 'pem' }))],
    ['an RSA key', String(generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ type: 'spki', format: 'pem' }))],
    ['broken PEM', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'],
  ])('is not %s', (_name, text) => {
    expect(readPublicKey(text)).toBeUndefined();
  });

  // The eight points of small order (RFC 8032 section 5.1.7 multiplies by the cofactor for their sake).
  it.each([
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0000000000000000000000000000000000000000000000000000000000000080',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  ])('is of no use where it is %s: a signature that needs no key is refused', (hex) => {
    const bytes = Buffer.from(hex, 'hex');
    // R the base point and S one, of which the equation holds for a message in eight at least. OpenSSL refuses such keys.
    const forged = Buffer.concat([Buffer.from(`58${'66'.repeat(31)}01`, 'hex'), Buffer.alloc(31)]);
    const messages = Array.from({ length: 200 }, (_, index) => Buffer.from(String(index)));
    expect(messages.some((message) => isProof({ kind: 'ed25519', bytes }, message, forged))).toBe(false);
  });
});
