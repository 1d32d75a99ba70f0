import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../src/config/config-error.js';
import { Config } from '../../src/config/config.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { JwksServer, jwkOf } from '../support/jwks-server.js';
import { KEY_PAIRS, signToken } from '../support/tokens.js';
import { attemptWith } from '../support/upgrade-attempt.js';

const COOLDOWN_S = 1;
const CACHE_S = 1;
const STALE_S = 4;

async function untilFetched(gateway: TestGateway, keys: number): Promise<void> {
  await vi.waitFor(async () => expect(await metric(gateway, 'waybill_jwks_keys')).toBe(keys), { timeout: 10_000, interval: 50 });
}

async function metrics(gateway: TestGateway): Promise<string> {
  return (await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).text();
}

async function metric(gateway: TestGateway, name: string): Promise<number> {
  const line = (await metrics(gateway)).split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

function signed(alg: string, key: KeyObject, kid?: string, claims: object = {}): Promise<string> {
  return signToken({ header: { alg, ...(kid === undefined ? {} : { kid }) }, key, claims: { ...claims } });
}

async function statusOf(gateway: TestGateway, token: string): Promise<number> {
  return (await gateway.rest('GET', '/api/v1/auth/check', undefined, { authorization: `Bearer ${token}` })).status;
}

describe('with a key set, and the usual times', () => {
  let issuer: JwksServer;
  let attacker: JwksServer;
  let gateway: TestGateway;
  const ps = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const startedAt = Date.now();

  beforeAll(async () => {
    issuer = await JwksServer.start();
    attacker = await JwksServer.start();
    issuer.keys = [
      jwkOf(KEY_PAIRS.rsa.publicKey, { kid: 'rsa' }),
      jwkOf(ps.publicKey, { kid: 'ps', alg: 'PS256' }),
      jwkOf(KEY_PAIRS.ec.publicKey, { kid: 'ec' }),
      jwkOf(p384.publicKey, { kid: 'p384', alg: 'ES384' }),
      jwkOf(KEY_PAIRS.ed.publicKey, { kid: 'ed' }),
      { kty: 'oct', kid: 'symmetric', k: Buffer.alloc(32, 7).toString('base64url'), alg: 'HS256' },
      jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey, { kid: 'for-encryption', use: 'enc' }),
      jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey, { kid: 'weak' }),
    ];
    gateway = await startGateway({ env: { WAYBILL_JWKS_URL: issuer.url, WAYBILL_REQUESTS_PER_SECOND: '0' } });
    await untilFetched(gateway, 5);
  });
  afterAll(async () => {
    await gateway.stop();
    await issuer.stop();
    await attacker.stop();
  });

  it.each([
    ['RS256', 'rsa', 101, KEY_PAIRS.rsa.privateKey],
    ['RS256 without a kid', undefined, 101, KEY_PAIRS.rsa.privateKey],
    ['PS256', 'ps', 101, ps.privateKey],
    ['ES256', 'ec', 101, KEY_PAIRS.ec.privateKey],
    ['ES384', 'p384', 101, p384.privateKey],
    ['EdDSA', 'ed', 101, KEY_PAIRS.ed.privateKey],
    ['RS256', 'ps', 401, ps.privateKey],
    ['PS256', 'rsa', 401, KEY_PAIRS.rsa.privateKey],
    ['RS256', 'ec', 401, KEY_PAIRS.rsa.privateKey],
  ])('S11 one key has one algorithm: %s by the key %s answers %i', async (alg, kid, status, key) => {
    const token = await signed(alg.split(' ')[0] as string, key, kid);
    expect((await attemptWith(gateway.port, token)).status).toBe(status);
  });

  it('S11 a symmetric key in the set is no secret of ours', async () => {
    const token = await signToken({ header: { kid: 'symmetric' }, key: createSecretKey(Buffer.alloc(32, 7)) });
    expect((await attemptWith(gateway.port, token)).status).toBe(401);
  });

  it.each([
    ['a path', '../../dev/null'],
    ['SQL', "' OR 1=1--"],
    ['8 KB', 'k'.repeat(8_192)],
    ['an address', 'http://127.0.0.1:1/keys'],
    ['the empty text', ''],
    ['a name of every object', '__proto__'],
  ])('S12 a kid that is %s finds no key', async (_name, kid) => {
    expect((await attemptWith(gateway.port, await signed('RS256', KEY_PAIRS.rsa.privateKey, kid))).status).toBe(401);
  });

  it.each([[['rsa']], [{ rsa: 1 }], [7], [null]])('S12 a kid that is no text (%j) finds no key', async (kid) => {
    const token = await signToken({ header: { alg: 'RS256', kid }, key: KEY_PAIRS.rsa.privateKey });
    expect((await attemptWith(gateway.port, token)).status).toBe(401);
  });

  it('S12 a thousand unknown kids cause at most one fetch in 30 s', async () => {
    const valid = await signed('RS256', KEY_PAIRS.rsa.privateKey, 'unknown');
    const [, payload, signature] = valid.split('.');
    const forged = Array.from({ length: 1_000 }, (_value, index) => {
      const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid: `unknown-${index}` })).toString('base64url');
      return `${header}.${payload}.${signature}`;
    });
    const statuses = new Set<number>();
    for (let start = 0; start < forged.length; start += 50) {
      const answers = await Promise.all(forged.slice(start, start + 50).map((token) => statusOf(gateway, token)));
      for (const status of answers) statuses.add(status);
    }
    expect([...statuses]).toEqual([401]);
    expect(issuer.requests).toBeLessThanOrEqual(1 + Math.floor((Date.now() - startedAt) / 30_000));
    expect(await metrics(gateway)).toContain(`waybill_jwks_fetches_total{result="ok"} ${issuer.requests}`);
  });

  it('S13 no key that a header brings along is used, and nobody is asked for one', async () => {
    const evil = generateKeyPairSync('rsa', { modulusLength: 2048 });
    attacker.keys = [jwkOf(evil.publicKey, { kid: 'evil', alg: 'RS256' })];
    const jwk = evil.publicKey.export({ format: 'jwk' });
    const headers: object[] = [
      { jku: attacker.url, kid: 'evil' },
      { x5u: attacker.url },
      { jwk },
      { jwk, jku: attacker.url, kid: attacker.url },
      { x5c: [evil.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] },
    ];
    const before = issuer.requests;
    for (const header of headers) {
      const token = await signToken({ header: { alg: 'RS256', ...header }, key: evil.privateKey });
      expect((await attemptWith(gateway.port, token)).status).toBe(401);
    }
    expect(attacker.requests).toBe(0);
    expect(issuer.requests - before).toBeLessThanOrEqual(1);
  });
});

describe('with a key set, and times of seconds', () => {
  let issuer: JwksServer;
  let gateway: TestGateway;
  const older = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const newer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const oldToken = (): Promise<string> => signed('ES256', older.privateKey, 'older');
  const newToken = (): Promise<string> => signed('ES256', newer.privateKey, 'newer');

  beforeAll(async () => {
    issuer = await JwksServer.start();
    issuer.keys = [jwkOf(older.publicKey, { kid: 'older' })];
    gateway = await startGateway({
      env: {
        WAYBILL_JWKS_URL: issuer.url,
        WAYBILL_JWKS_COOLDOWN_S: String(COOLDOWN_S),
        WAYBILL_JWKS_CACHE_S: String(CACHE_S),
        WAYBILL_JWKS_STALE_S: String(STALE_S),
        WAYBILL_JWKS_TIMEOUT_MS: '500',
      },
    });
    await untilFetched(gateway, 1);
  });
  afterAll(async () => {
    await gateway.stop();
    await issuer.stop();
  });

  it('S19 a new key is accepted when the cooldown is over, and a removed one refused when its time is', async () => {
    expect([await statusOf(gateway, await oldToken()), await statusOf(gateway, await newToken())]).toEqual([200, 401]);
    issuer.keys = [jwkOf(older.publicKey, { kid: 'older' }), jwkOf(newer.publicKey, { kid: 'newer' })];
    await expect.poll(async () => statusOf(gateway, await newToken()), { timeout: 10_000, interval: 100 }).toBe(200);
    const verifiedBefore = await oldToken();
    expect(await statusOf(gateway, verifiedBefore)).toBe(200);
    issuer.keys = [jwkOf(newer.publicKey, { kid: 'newer' })];
    await expect.poll(async () => statusOf(gateway, verifiedBefore), { timeout: 10_000, interval: 100 }).toBe(401);
    expect([await statusOf(gateway, await oldToken()), await statusOf(gateway, await newToken())]).toEqual([401, 200]);
  });

  it('S19 a key that was exchanged under the same name is accepted too', async () => {
    const again = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    issuer.keys = [jwkOf(again.publicKey, { kid: 'newer' })];
    await expect.poll(async () => statusOf(gateway, await signed('ES256', again.privateKey, 'newer')), { timeout: 10_000 }).toBe(200);
    issuer.keys = [jwkOf(newer.publicKey, { kid: 'newer' })];
    await expect.poll(async () => statusOf(gateway, await newToken()), { timeout: 10_000 }).toBe(200);
  });

  it.each([
    ['answers 500', 'status', (response: import('node:http').ServerResponse) => response.writeHead(500).end('down')],
    ['does not answer', 'timeout', () => undefined],
  ])('S19 while the endpoint %s, the keys fetched last serve', async (_name, result, answer) => {
    const counted = (text: string): number =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`waybill_jwks_fetches_total{result="${result}"}`))
          ?.split(' ')[1],
      );
    const before = counted(await metrics(gateway));
    issuer.answer = answer;
    await expect.poll(async () => counted(await metrics(gateway)), { timeout: 15_000 }).toBeGreaterThan(before);
    expect(await statusOf(gateway, await newToken())).toBe(200);
    const ready = await fetch(`http://127.0.0.1:${gateway.opsPort}/readyz`);
    expect([ready.status, (await ready.json()) as object]).toMatchObject([200, { parts: { jwks: { state: 'degraded' } } }]);
    issuer.answer = undefined;
    // The next fetch that succeeds puts the clock of the keys back, and the pause to its shortest.
    await expect
      .poll(async () => ((await (await fetch(`http://127.0.0.1:${gateway.opsPort}/readyz`)).json()) as { state: string }).state, {
        timeout: 15_000,
      })
      .toBe('ok');
  });

  it('S19 when the endpoint is away for longer than keys may be stale, its tokens are refused for that reason', async () => {
    await issuer.stop();
    await expect.poll(async () => statusOf(gateway, await newToken()), { timeout: 20_000, interval: 200 }).toBe(503);
    const refused = await gateway.rest('GET', '/api/v1/auth/check', undefined, { authorization: `Bearer ${await newToken()}` });
    expect(refused.body).toMatchObject({ code: 'UNAVAILABLE', retry_after_ms: 5_000 });
    expect(await statusOf(gateway, await gateway.token('bob'))).toBe(200);
  });
});

describe('an address of the key set', () => {
  it.each([
    ['http://issuer.example/jwks', /https/],
    ['http://127.0.0.1.evil.example/jwks', /https/],
    ['file:///etc/passwd', /https/],
    ['https://user:password@issuer.example/jwks', /user name/],
    ['not an address', /must be an address/],
  ])('S13 is refused at the start where it is %s', (url, problem) => {
    const load = (): Config => Config.from({ WAYBILL_JWKS_URL: url });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(problem);
  });

  it.each(['https://issuer.example/jwks', 'http://127.0.0.1:8080/jwks', 'http://localhost/jwks', 'http://[::1]:1/jwks'])(
    'S13 may be %s',
    (url) => {
      expect(Config.from({ WAYBILL_JWKS_URL: url }).auth.jwksUrl).toBe(url);
    },
  );
});
