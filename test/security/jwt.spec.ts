import { createHmac, createSecretKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../src/config/config-error.js';
import { createApplication } from '../../src/application.js';
import { Config } from '../../src/config/config.js';
import { startGateway, TEST_JWT_SECRET, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';
import { KEY_PAIRS, publicPem, rawToken, signToken, type TokenRecipe } from '../support/tokens.js';
import { attemptWith } from '../support/upgrade-attempt.js';

const directory = mkdtempSync(join(tmpdir(), 'waybill-jwt-'));
const keyFile = join(directory, 'keys.pem');
let gateway: TestGateway;

beforeAll(async () => {
  writeFileSync(
    keyFile,
    Object.values(KEY_PAIRS)
      .map(({ publicKey }) => publicPem(publicKey))
      .join(''),
  );
  gateway = await startGateway({
    env: { WAYBILL_JWT_PUBLIC_KEY_FILE: keyFile, WAYBILL_JWT_ISSUER: 'https://issuer.example', WAYBILL_EXPIRING_NOTICE_S: '2' },
  });
});
afterAll(async () => {
  await gateway.stop();
  rmSync(directory, { recursive: true });
});
afterEach(() => vi.useRealTimers());

const now = (): number => Math.floor(Date.now() / 1_000);
const claims = (): object => ({ sub: 'alice', aud: 'waybill', iss: 'https://issuer.example', iat: now(), exp: now() + 60 });
const sign = (recipe: TokenRecipe = {}): Promise<string> =>
  signToken({
    key: createSecretKey(Buffer.from(TEST_JWT_SECRET)),
    ...recipe,
    claims: { iss: 'https://issuer.example', ...recipe.claims },
  });

/** An HMAC token made by hand, with any header and any key. */
function hmac(header: object, secret = TEST_JWT_SECRET, digest = 'sha256', payload: object = claims()): string {
  const unsigned = rawToken(header, payload).slice(0, -1);
  return `${unsigned}.${createHmac(digest, secret).update(unsigned).digest('base64url')}`;
}

/** Both doors take the token, or refuse it with the code and repeat nothing of it. */
async function expectOutcome(token: string, code: string | undefined): Promise<void> {
  const tried = await attemptWith(gateway.port, token);
  expect([tried.status, tried.code]).toEqual(code === undefined ? [101, undefined] : [401, code]);
  const [, payload = '', signature = ''] = token.split('.');
  for (const part of [payload, signature]) if (part.length > 8) expect(tried.text).not.toContain(part);
  const check = await gateway.rest('GET', '/api/v1/auth/check', undefined, { authorization: `Bearer ${token}` });
  expect(check.body.code).toBe(code ?? 'OK');
}

describe('a token is good', () => {
  it.each([
    ['HS256', () => hmac({ alg: 'HS256' })],
    ['RS256', () => sign({ header: { alg: 'RS256' }, key: KEY_PAIRS.rsa.privateKey })],
    ['ES256', () => sign({ header: { alg: 'ES256' }, key: KEY_PAIRS.ec.privateKey })],
    ['EdDSA', () => sign({ header: { alg: 'EdDSA' }, key: KEY_PAIRS.ed.privateKey })],
  ])('S10 with an algorithm that is on the list: %s', async (_alg, make) => expectOutcome(await make(), undefined));
});

describe('a token is refused', () => {
  it.each([
    ['none', () => rawToken({ alg: 'none' }, claims())],
    ['None', () => rawToken({ alg: 'None' }, claims())],
    ['nOnE', () => rawToken({ alg: 'nOnE' }, claims())],
    ['none with a signature', () => hmac({ alg: 'none' })],
    ['HS256 with an empty signature', () => rawToken({ alg: 'HS256' }, claims())],
    ['RS256 with an empty signature', () => rawToken({ alg: 'RS256' }, claims())],
    ['no algorithm', () => hmac({})],
    ['HS384 with the right secret', () => hmac({ alg: 'HS384' }, TEST_JWT_SECRET, 'sha384')],
    ['HS512 with the right secret', () => hmac({ alg: 'HS512' }, TEST_JWT_SECRET, 'sha512')],
    ['hs256 in small letters', () => hmac({ alg: 'hs256' })],
    ['a signature that is padded', () => `${hmac({ alg: 'HS256' })}=`],
    ['a critical extension', () => hmac({ alg: 'HS256', crit: ['exp2'], exp2: 1 })],
  ])('S10 for its algorithm: %s', async (_name, make) => expectOutcome(make(), 'UNAUTHENTICATED'));

  it.each([
    ['HS256 keyed with the RSA public key', () => hmac({ alg: 'HS256' }, publicPem(KEY_PAIRS.rsa.publicKey))],
    ['HS256 keyed with the EC public key', () => hmac({ alg: 'HS256' }, publicPem(KEY_PAIRS.ec.publicKey))],
    ['HS256 keyed with the whole key file', () => hmac({ alg: 'HS256' }, readFileSync(keyFile, 'utf8'))],
    ['RS256 that is an HMAC by the public key', () => hmac({ alg: 'RS256' }, publicPem(KEY_PAIRS.rsa.publicKey))],
    ['RS256 that is an HMAC by the shared secret', () => hmac({ alg: 'RS256' })],
    ['PS256 with the RSA key that is for RS256', () => sign({ header: { alg: 'PS256' }, key: KEY_PAIRS.rsa.privateKey })],
    ['RS512 with the RSA key that is for RS256', () => sign({ header: { alg: 'RS512' }, key: KEY_PAIRS.rsa.privateKey })],
    ['Ed25519 with the key that is for EdDSA', () => sign({ header: { alg: 'Ed25519' }, key: KEY_PAIRS.ed.privateKey })],
  ])('S11 for a key used with another algorithm: %s', async (_name, make) => expectOutcome(await make(), 'UNAUTHENTICATED'));

  it.each([
    ['the empty secret, by a kid that names it', () => hmac({ alg: 'HS256', kid: '' }, '')],
    ['a secret equal to its kid', () => hmac({ alg: 'HS256', kid: 'k'.repeat(64) }, 'k'.repeat(64))],
    ['a secret equal to its issuer', () => hmac({ alg: 'HS256' }, 'https://issuer.example')],
    [
      'a secret brought along as jwk',
      () =>
        hmac({ alg: 'HS256', jwk: { kty: 'oct', k: Buffer.alloc(64, 1).toString('base64url') } }, Buffer.alloc(64, 1).toString('latin1')),
    ],
    ['no secret at all, by another issuer', () => hmac({ alg: 'HS256' }, 'undefined', 'sha256', { ...claims(), iss: 'nobody' })],
  ])('S14 whose content would choose its secret: %s', async (_name, make) => expectOutcome(make(), 'UNAUTHENTICATED'));

  it('S14 by no library that lets the payload choose the secret (CVE-2025-65945)', () => {
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, { version?: string }> };
    const found = Object.keys(lock.packages).filter((path) => /node_modules\/(?:jsonwebtoken|jws)$/.test(path));
    expect(found).toEqual([]);
    expect(Object.keys(lock.packages)).toContain('node_modules/jose');
  });

  it.each([
    ['wrong aud', { aud: 'other' }],
    ['a list of aud without ours', { aud: ['a', 'b'] }],
    ['no aud', { aud: undefined }],
    ['wrong iss', { iss: 'https://evil.example' }],
    ['no iss', { iss: undefined }],
    ['no exp', { exp: undefined }],
    ['exp as a string', { exp: String(now() + 60) }],
    ['nbf in 61 s', { nbf: now() + 61 }],
    ['iat in 61 s', { iat: now() + 61, exp: now() + 120 }],
    ['a life over the limit', { exp: now() + 2_592_100 }],
    ['a life over the limit, without iat', { iat: undefined, exp: now() + 2_592_100 }],
  ])('S15 for its claims: %s', async (_name, wrong) => expectOutcome(await sign({ claims: wrong }), 'UNAUTHENTICATED'));

  it.each([
    ['exp 29 s ago', -29, undefined],
    ['exp 31 s ago', -31, 'TOKEN_EXPIRED'],
  ])('S15 beyond the 30 s by which clocks may differ: %s', async (_name, seconds, code) => {
    vi.useFakeTimers({ toFake: ['Date'], now: now() * 1_000 });
    await expectOutcome(await sign({ claims: { iat: now() - 60, exp: now() + seconds } }), code);
  });

  it.each([
    ['a refresh token by typ', { typ: 'refresh+jwt' }, {}],
    ['a logout token by typ', { typ: 'logout+jwt' }, {}],
    ['a refresh token by its claim typ', {}, { typ: 'Refresh' }],
    ['an ID token by token_use', {}, { token_use: 'id' }],
    ['an ID token by at_hash', {}, { at_hash: 'x' }],
    ['an ID token by c_hash', {}, { c_hash: 'x' }],
    ['a device challenge by purpose', {}, { purpose: 'challenge' }],
    ['a device challenge by typ', { typ: 'device-challenge+jwt' }, {}],
  ])('S16 for being another kind of token: %s', async (_name, header, marks) =>
    expectOutcome(await sign({ header, claims: marks }), 'UNAUTHENTICATED'),
  );
});

describe('an open socket', () => {
  it('S17 is told before its token expires, closed at exp, and gets nothing after', async () => {
    const publisher = await TestSocket.connect(gateway.port, await gateway.token('bob'));
    const exp = now() + 4;
    const reader = await TestSocket.connect(gateway.port, await sign({ claims: { exp, topics: { subscribe: ['chat.*'] } } }));
    await reader.request('topic.subscribe', { topics: [{ topic: 'chat.expiry' }] });
    const publishing = setInterval(() => publisher.send({ action: 'topic.publish', data: { topic: 'chat.expiry', data: Date.now() } }), 20);
    try {
      const { code } = await reader.closed;
      const closedAt = Date.now();
      expect(code).toBe(4401);
      expect(closedAt).toBeGreaterThanOrEqual(exp * 1_000 - 5);
      expect(closedAt).toBeLessThan(exp * 1_000 + 2_000);
    } finally {
      clearInterval(publishing);
    }
    const actions = reader.frames.map((frame) => frame['action']);
    expect(actions).toContain('auth.expiring');
    expect(actions.at(-1)).toBe('sys.closing');
    const sent = reader.messages('chat.expiry').map((message) => message['data'] as number);
    expect(sent.length).toBeGreaterThan(20);
    expect(sent.filter((at) => at > exp * 1_000 + 100)).toEqual([]);
    await publisher.close();
  });

  it('S17 goes on with the token of auth.refresh', async () => {
    const exp = now() + 3;
    const socket = await TestSocket.connect(gateway.port, await sign({ claims: { exp } }));
    const later = await sign({ claims: { exp: now() + 60 } });
    expect((await socket.request('auth.refresh', { token: later }))['code']).toBe('OK');
    await new Promise((resolve) => setTimeout(resolve, exp * 1_000 + 500 - Date.now()));
    expect((await socket.request('ping', {}))['code']).toBe('OK');
    await socket.close();
  });
});

describe('the start', () => {
  it.each([
    ['a secret of 31 bytes', { WAYBILL_JWT_SECRET: 'x'.repeat(31) }, /WAYBILL_JWT_SECRET: .*at least 32 bytes/],
    ['an empty one that is not even absent', { WAYBILL_JWT_SECRET: ' ' }, /WAYBILL_JWT_SECRET/],
    ['47 bytes for HS384', { WAYBILL_JWT_SECRET: 'x'.repeat(47), WAYBILL_JWT_ALGORITHM: 'HS384' }, /48 bytes/],
    ['63 bytes for HS512', { WAYBILL_JWT_SECRET: 'x'.repeat(63), WAYBILL_JWT_ALGORITHM: 'HS512' }, /64 bytes/],
    ['an algorithm that is not an HMAC', { WAYBILL_JWT_ALGORITHM: 'none' }, /WAYBILL_JWT_ALGORITHM/],
  ])('S20 is refused with %s, and the secret is not repeated', (_name, env, problem) => {
    const start = (): Config => Config.from(env);
    expect(start).toThrow(ConfigError);
    expect(start).toThrow(problem);
    expect(start).not.toThrow(/xxxx/);
  });

  it('S20 is refused with a file in the data directory that holds a short secret', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'waybill-weak-'));
    writeFileSync(join(dataDir, 'jwt-secret'), 'too short');
    const env = {
      WAYBILL_PORT: '0',
      WAYBILL_OPS_PORT: '0',
      WAYBILL_DATA_DIR: dataDir,
      WAYBILL_LOG_LEVEL: 'fatal',
      DATABASE_URL: gateway.database.url,
    };
    await expect(createApplication(Config.from(env))).rejects.toThrow(/less than 32 bytes/);
    rmSync(dataDir, { recursive: true });
  });
});

describe('a secret of 64 bytes', () => {
  let other: TestGateway;
  beforeAll(async () => {
    other = await startGateway({ env: { WAYBILL_JWT_ALGORITHM: 'HS512', WAYBILL_JWT_SECRET: 's'.repeat(64) } });
  });
  afterAll(() => other.stop());

  it('S11 is for its one algorithm, by which tokens are minted too', async () => {
    const minted = await other.token('alice');
    expect((await attemptWith(other.port, minted)).status).toBe(101);
    const payload = { sub: 'alice', aud: 'waybill', exp: now() + 60 };
    const statuses = [];
    for (const [alg, digest] of [
      ['HS512', 'sha512'],
      ['HS256', 'sha256'],
      ['HS384', 'sha384'],
    ] as const)
      statuses.push((await attemptWith(other.port, hmac({ alg }, 's'.repeat(64), digest, payload))).status);
    expect(statuses).toEqual([101, 401, 401]);
  });
});
