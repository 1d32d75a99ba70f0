import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { Config } from '../../src/config/config.js';

export const TEST_SECRET = 'a secret of the tests, longer than 32 bytes';
export const TEST_API_KEY = 'an-api-key-of-the-tests';

/** Settings with a fixed secret and key, so that nothing is read from or written to a data directory. */
export function testConfig(env: Readonly<Record<string, string>> = {}, file: unknown = {}): Config {
  return Config.from({ WAYBILL_JWT_SECRET: TEST_SECRET, WAYBILL_API_KEY: TEST_API_KEY, ...env }, file);
}

export interface TokenRecipe {
  /** Members of the payload; undefined takes a usual one away. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: KeyObject;
}

/** A token of alice that is good for a minute, except for what the recipe says. Signed by hand, not by the part under test. */
export function signToken({
  claims = {},
  header = {},
  key = createSecretKey(Buffer.from(TEST_SECRET)),
}: TokenRecipe = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const payload = { sub: 'alice', aud: 'waybill', iat: now, exp: now + 60, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg: 'HS256', ...header }).sign(key);
}

/** A token put together from raw parts, for those that no library would make. */
export function rawToken(header: unknown, payload: unknown, signature = ''): string {
  const part = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(payload)}.${signature}`;
}

export const KEY_PAIRS = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed: generateKeyPairSync('ed25519'),
} as const;

export function publicPem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}
