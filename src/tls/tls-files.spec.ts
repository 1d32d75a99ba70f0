import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Authority, put } from '../../test/support/certificates.js';
import { Config } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { readTlsFiles, type TlsFiles } from './tls-files.js';

const directory = mkdtempSync(join(tmpdir(), 'waybill-tls-files-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const PASSPHRASE = 'a passphrase of the tests';
const authority = Authority.create('Test CA');
const good = authority.issue({});
const file = (name: string, content: string): string => put(join(directory, name), content);
const paths = {
  WAYBILL_TLS_CERT_FILE: file('good.pem', good.cert),
  WAYBILL_TLS_KEY_FILE: file('good.key', good.key),
};
const ca = { WAYBILL_TLS_CLIENT_CERT: 'required', WAYBILL_TLS_CLIENT_CA_FILE: file('ca.pem', authority.certificate) };
const encrypted = createPrivateKey(good.key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE });
const encryptedFile = file('encrypted.key', encrypted.toString());

function read(env: Readonly<Record<string, string>>): TlsFiles | undefined {
  return readTlsFiles(Config.from({ ...paths, ...env }).tls);
}

describe('the files of TLS', () => {
  it('are read, with the end of the certificate', () => {
    expect(read({})?.expiresAt).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    expect(read({ WAYBILL_TLS_KEY_FILE: encryptedFile, WAYBILL_TLS_KEY_PASSPHRASE: PASSPHRASE })).toBeDefined();
    expect(read({ ...ca, WAYBILL_TLS_CLIENT_CRL_FILE: file('ca.crl', authority.revocationList([])) })).toBeDefined();
    expect(readTlsFiles(Config.from({}).tls)).toBeUndefined();
  });

  it('are told apart by what they hold', () => {
    const other = authority.issue({});
    const renewed = { WAYBILL_TLS_CERT_FILE: file('new.pem', other.cert), WAYBILL_TLS_KEY_FILE: file('new.key', other.key) };
    expect(read({})?.digest).toBe(read({})?.digest);
    expect(read(renewed)?.digest).not.toBe(read({})?.digest);
  });

  it.each<readonly [string, Readonly<Record<string, string>>, RegExp]>([
    ['no such certificate', { WAYBILL_TLS_CERT_FILE: join(directory, 'absent') }, /CERT_FILE: .*cannot be read \(ENOENT\)/],
    ['no such key', { WAYBILL_TLS_KEY_FILE: join(directory, 'absent') }, /KEY_FILE: .*cannot be read \(ENOENT\)/],
    ['a directory', { WAYBILL_TLS_CERT_FILE: directory }, /cannot be read \(EISDIR\)/],
    ['a key for a certificate', { WAYBILL_TLS_CERT_FILE: paths.WAYBILL_TLS_KEY_FILE }, /does not begin with a certificate/],
    ['a certificate for a key', { WAYBILL_TLS_KEY_FILE: paths.WAYBILL_TLS_CERT_FILE }, /holds no private key/],
    ['the key of another', { WAYBILL_TLS_KEY_FILE: file('other.key', authority.issue({}).key) }, /is not the key of the certificate/],
    ['no passphrase', { WAYBILL_TLS_KEY_FILE: encryptedFile }, /needs WAYBILL_TLS_KEY_PASSPHRASE/],
    ['a wrong passphrase', { WAYBILL_TLS_KEY_FILE: encryptedFile, WAYBILL_TLS_KEY_PASSPHRASE: 'not that one' }, /holds no private key/],
    [
      'a CA file without a certificate',
      { ...ca, WAYBILL_TLS_CLIENT_CA_FILE: paths.WAYBILL_TLS_KEY_FILE },
      /CLIENT_CA_FILE: .*does not begin/,
    ],
    ['a broken revocation list', { ...ca, WAYBILL_TLS_CLIENT_CRL_FILE: paths.WAYBILL_TLS_KEY_FILE }, /revocation list .*cannot be used/],
  ])('stop the start with a sentence: %s', (_name, env, sentence) => {
    expect(() => read(env)).toThrow(sentence);
    expect(() => read(env)).toThrow(ConfigError);
  });

  it.each([
    ['expired', { notBefore: new Date(0), notAfter: new Date(86_400_000) }, /expired on/],
    ['is not valid yet', { notBefore: new Date(Date.now() + 3_600_000) }, /is not valid before/],
  ])('stop the start where the certificate %s', (name, times, sentence) => {
    const { cert, key } = authority.issue(times);
    expect(() => read({ WAYBILL_TLS_CERT_FILE: file(`${name}.pem`, cert), WAYBILL_TLS_KEY_FILE: file(`${name}.key`, key) })).toThrow(
      sentence,
    );
  });

  it('never show what they hold', () => {
    const secret = good.key.split('\n')[1] as string;
    for (const env of [
      { WAYBILL_TLS_CERT_FILE: paths.WAYBILL_TLS_KEY_FILE },
      { WAYBILL_TLS_KEY_FILE: encryptedFile, WAYBILL_TLS_KEY_PASSPHRASE: 'hush hush' },
    ]) {
      const thrown = (() => {
        try {
          return read(env);
        } catch (error) {
          return String(error);
        }
      })();
      expect(thrown).not.toContain(secret);
      expect(thrown).not.toContain('hush hush');
    }
  });
});

describe('options of TLS that contradict each other', () => {
  it.each<readonly [Readonly<Record<string, string>>, RegExp]>([
    [{ WAYBILL_TLS_CERT_FILE: 'a' }, /without WAYBILL_TLS_KEY_FILE/],
    [{ WAYBILL_TLS_KEY_FILE: 'a' }, /without WAYBILL_TLS_CERT_FILE/],
    [{ ...paths, WAYBILL_TLS_CLIENT_CERT: 'required' }, /needs WAYBILL_TLS_CLIENT_CA_FILE/],
    [{ ...paths, WAYBILL_TLS_CLIENT_CA_FILE: 'a' }, /is off, yet a client CA/],
    [{ WAYBILL_OPS_TLS: 'true' }, /WAYBILL_TLS_CERT_FILE: is needed/],
    [{ WAYBILL_TLS_CLIENT_CERT: 'optional', WAYBILL_TLS_CLIENT_CA_FILE: 'a' }, /WAYBILL_TLS_CERT_FILE: is needed/],
  ])('stop the start: %j', (env, sentence) => {
    expect(() => Config.from(env)).toThrow(sentence);
  });
});
