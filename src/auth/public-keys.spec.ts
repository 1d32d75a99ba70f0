import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { KEY_PAIRS, publicPem } from '../../test/support/tokens.js';
import { ConfigError } from '../config/config-error.js';
import { readPublicKeys } from './public-keys.js';

const directory = mkdtempSync(join(tmpdir(), 'waybill-pem-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(content: string): string {
  const path = join(directory, 'keys.pem');
  writeFileSync(path, content);
  return path;
}

const privatePem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const ed = publicPem(KEY_PAIRS.ed.publicKey);

describe('the file of public keys', () => {
  it('may hold several kinds, comments and Windows line ends, and gives each key its one algorithm', () => {
    const content = `Keys of the issuer\n${Object.values(KEY_PAIRS)
      .map(({ publicKey }) => publicPem(publicKey))
      .join('\nnext\n')}`;
    for (const text of [content, content.replaceAll('\n', '\r\n')]) {
      expect(readPublicKeys(file(text)).map(({ algorithm }) => algorithm)).toEqual(['RS256', 'ES256', 'EdDSA']);
    }
  });

  it('may hold an RSA key in its older form', () => {
    const pem = KEY_PAIRS.rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    expect(readPublicKeys(file(pem)).map(({ algorithm }) => algorithm)).toEqual(['RS256']);
  });

  it('gives a key the algorithm that was named for it', () => {
    const pems = Object.values(KEY_PAIRS).map(({ publicKey }) => publicPem(publicKey));
    const named = readPublicKeys(file(pems.join('')), ['PS384', 'ES256', 'Ed25519']);
    expect(named.map(({ algorithm }) => algorithm)).toEqual(['PS384', 'ES256', 'Ed25519']);
  });

  it.each([
    ['P-384', 'ES384'],
    ['P-521', 'ES512'],
  ])('gives a key of the curve %s the algorithm %s', (namedCurve, algorithm) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve });
    expect(readPublicKeys(file(publicPem(publicKey))).map((key) => key.algorithm)).toEqual([algorithm]);
  });

  it.each([
    ['an algorithm of another kind of key', ['RS256'], /ed25519, which does not go with RS256/],
    ['more algorithms than keys', ['EdDSA', 'EdDSA'], /names 2 algorithms, but .* holds 1 keys/],
  ])('refuses the start with %s', (_name, algorithms, problem) => {
    expect(() => readPublicKeys(file(ed), algorithms)).toThrow(problem);
  });

  it.each([
    ['nothing', '', /no PEM block/],
    ['no key', 'hello', /no PEM block/],
    ['a block that does not end', ed.slice(0, -30), /no PEM block/],
    ['a private key', privatePem(KEY_PAIRS.ec.privateKey), /block 1 is a private key/],
    ['a private key after a public one', ed + privatePem(KEY_PAIRS.ed.privateKey), /block 2 is a private key/],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', /is a CERTIFICATE/],
    ['a damaged key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', /not a readable public key/],
    ['a short RSA key', publicPem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey), /1024 bits/],
    ['a curve that is not accepted', publicPem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey), /secp256k1/],
    ['a kind that is not accepted', publicPem(generateKeyPairSync('ed448').publicKey), /ed448/],
    ['too many keys', ed.repeat(17), /more than 16/],
  ])('refuses the start with %s', (_name, content, problem) => {
    const path = file(content);
    expect(() => readPublicKeys(path)).toThrow(ConfigError);
    expect(() => readPublicKeys(path)).toThrow(problem);
    expect(() => readPublicKeys(path)).toThrow('WAYBILL_JWT_PUBLIC_KEY_FILE');
  });

  it('refuses the start where it is missing', () => {
    expect(() => readPublicKeys(join(directory, 'absent.pem'))).toThrow(/ENOENT/);
  });
});
