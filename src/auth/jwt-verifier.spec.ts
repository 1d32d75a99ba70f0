import { createHmac, createSecretKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { KEY_PAIRS, publicPem, rawToken, signToken, TEST_SECRET, testConfig, type TokenRecipe } from '../../test/support/tokens.js';
import type { Config } from '../config/config.js';
import { Refusal } from '../protocol/refusal.js';
import { JwtVerifier, TOKEN_LENGTH } from './jwt-verifier.js';
import { Secrets } from './secrets.js';

const directory = mkdtempSync(join(tmpdir(), 'waybill-keys-'));
const keyFile = join(directory, 'keys.pem');
const NOW = Date.UTC(2026, 0, 1);
let verifier: JwtVerifier;

function verifierFor(config: Config): JwtVerifier {
  return new JwtVerifier(config, new Secrets(config));
}

async function refused(token: string, by = verifier): Promise<Refusal> {
  const outcome: unknown = await by.verify(token).catch((error: unknown) => error);
  if (outcome instanceof Refusal) return outcome;
  throw new Error(`was not refused: ${JSON.stringify(outcome)}`);
}

beforeAll(() => {
  writeFileSync(
    keyFile,
    `# issuer\n${Object.values(KEY_PAIRS)
      .map((pair) => publicPem(pair.publicKey))
      .join('\n')}`,
  );
  verifier = verifierFor(testConfig({ WAYBILL_JWT_PUBLIC_KEY_FILE: keyFile, WAYBILL_JWT_ISSUER: 'https://issuer.example' }));
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: NOW }));
afterEach(() => vi.useRealTimers());

function sign(recipe: TokenRecipe = {}): Promise<string> {
  return signToken({ ...recipe, claims: { iss: 'https://issuer.example', ...recipe.claims } });
}

describe('good tokens', () => {
  it('become a principal with all that the claims say', async () => {
    const token = await sign({
      claims: {
        jti: 'j1',
        roles: ['admin'],
        topics: { subscribe: ['chat.*'], publish: ['orders.42'] },
        users: { send: ['*'] },
        broadcast: true,
        email: 'ignored',
      },
    });
    expect(await verifier.verify(token)).toEqual({
      principal: {
        kind: 'user',
        id: 'alice',
        roles: ['admin'],
        grants: { topics: { subscribe: ['chat.*'], publish: ['orders.42'] }, users: { send: ['*'] }, broadcast: true },
        scopes: [],
        expiresAt: NOW + 60_000,
        tokenId: 'j1',
        issuedAt: NOW,
      },
      sharedSecret: true,
      sessionStart: NOW,
    });
  });

  it('grant nothing that they do not say', async () => {
    const { principal } = await verifier.verify(await sign());
    expect(principal.grants).toEqual({ topics: { subscribe: [], publish: [] }, users: { send: [] }, broadcast: false });
  });

  it.each([
    ['RS256', KEY_PAIRS.rsa],
    ['ES256', KEY_PAIRS.ec],
    ['EdDSA', KEY_PAIRS.ed],
  ])('may be signed with %s', async (alg, pair) => {
    const { principal, sharedSecret } = await verifier.verify(await sign({ header: { alg }, key: pair.privateKey }));
    expect([principal.id, sharedSecret]).toEqual(['alice', false]);
  });

  it.each([
    ['no typ', {}, {}],
    ['typ JWT', { typ: 'JWT' }, {}],
    ['typ at+jwt', { typ: 'at+jwt' }, {}],
    ['a typ in full and in capitals', { typ: 'application/AT+JWT' }, {}],
    ['the claim typ Bearer', {}, { typ: 'Bearer' }],
    ['the claim token_use access', {}, { token_use: 'access' }],
    ['aud as a list', {}, { aud: ['other', 'waybill'] }],
    ['a kid', { kid: '../../dev/null' }, {}],
    ['a fraction in exp', {}, { exp: NOW / 1_000 + 1.5 }],
  ])('may have %s', async (_name, header, claims) => {
    expect((await verifier.verify(await sign({ header, claims }))).principal.id).toBe('alice');
  });

  it('try every key of an algorithm', async () => {
    const second = generateKeyPairSync('ed25519');
    const path = join(directory, 'two.pem');
    writeFileSync(path, publicPem(KEY_PAIRS.ed.publicKey) + publicPem(second.publicKey));
    const both = verifierFor(testConfig({ WAYBILL_JWT_PUBLIC_KEY_FILE: path }));
    for (const key of [KEY_PAIRS.ed.privateKey, second.privateKey]) {
      expect((await both.verify(await sign({ header: { alg: 'EdDSA' }, key }))).principal.id).toBe('alice');
    }
  });

  it('begin their session at auth_time where they have one', async () => {
    expect((await verifier.verify(await sign({ claims: { auth_time: 1_000 } }))).sessionStart).toBe(1_000_000);
  });
});

describe('the edges of time, with 30 s allowed', () => {
  const now = NOW / 1_000;
  it.each([
    ['exp 29 s ago', { exp: now - 29 }, undefined],
    ['exp 30 s ago', { exp: now - 30 }, 'TOKEN_EXPIRED'],
    ['exp 31 s ago', { exp: now - 31 }, 'TOKEN_EXPIRED'],
    ['nbf in 30 s', { nbf: now + 30 }, undefined],
    ['nbf in 31 s', { nbf: now + 31 }, 'UNAUTHENTICATED'],
  ])('%s', async (_name, claims, code) => {
    const token = await sign({ claims });
    if (code === undefined) expect((await verifier.verify(token)).principal.id).toBe('alice');
    else expect((await refused(token)).code).toBe(code);
  });

  it('keeps the own exp as the end, so that the allowance lengthens nothing', async () => {
    expect((await verifier.verify(await sign({ claims: { exp: now - 29 } }))).principal.expiresAt).toBe(NOW - 29_000);
  });
});

describe('bad claims', () => {
  it.each([
    ['another audience', { aud: 'other' }, /audience/],
    ['a list without this audience', { aud: ['a', 'b'] }, /audience/],
    ['no audience', { aud: undefined }, /audience/],
    ['another issuer', { iss: 'https://evil.example' }, /issuer/],
    ['no issuer', { iss: undefined }, /issuer/],
    ['no exp', { exp: undefined }, /exp/],
    ['exp as text', { exp: '4102444800' }, /exp/],
    ['exp beyond any date', { exp: 1e300 }, /exp/],
    ['nbf as text', { nbf: 'x' }, /nbf/],
    ['no sub', { sub: undefined }, /sub/],
    ['an empty sub', { sub: '' }, /sub/],
    ['a sub of 129 characters', { sub: 'a'.repeat(129) }, /sub/],
    ['a control character in sub', { sub: 'a\nb' }, /sub/],
    ['a number as sub', { sub: 7 }, /sub/],
    ['the name of an API key as sub', { sub: 'key:bootstrap' }, /sub/],
    ['an unknown right on topics', { topics: { subscribe: [], history: ['*'] } }, /topics has an unknown member/],
    ['topics as a list', { topics: ['chat.*'] }, /topics must be an object/],
    ['a pattern that is not text', { topics: { publish: ['a', 7] } }, /topics\.publish\[1\]/],
    ['* in the middle of a pattern', { topics: { publish: ['chat.*.x'] } }, /topics\.publish\[0\]/],
    ['two * in a pattern', { topics: { publish: ['**'] } }, /topics\.publish\[0\]/],
    ['$ topics as a pattern', { topics: { subscribe: ['$user.*'] } }, /topics\.subscribe\[0\]/],
    ['too many patterns', { topics: { subscribe: Array.from({ length: 257 }, () => 'a') } }, /topics\.subscribe/],
    ['users as a list', { users: ['*'] }, /users/],
    ['broadcast as text', { broadcast: 'true' }, /broadcast/],
    ['roles as text', { roles: 'admin' }, /roles/],
    ['jti as a number', { jti: 1 }, /jti/],
    ['__proto__ in a grant', JSON.parse('{"topics":{"__proto__":{"publish":["*"]}}}') as object, /topics/],
  ])('%s', async (_name, claims, problem) => {
    const { code, message } = await refused(await sign({ claims: claims as Record<string, unknown> }));
    expect(code).toBe('UNAUTHENTICATED');
    expect(message).toMatch(problem);
  });

  it.each([
    ['refresh token by typ', { typ: 'refresh+jwt' }, {}],
    ['logout token by typ', { typ: 'logout+jwt' }, {}],
    ['typ that is not text', { typ: 7 }, {}],
    ['device challenge by purpose', {}, { purpose: 'challenge' }],
    ['ID token by token_use', {}, { token_use: 'id' }],
    ['refresh token by the claim typ', {}, { typ: 'Refresh' }],
    ['ID token by at_hash', {}, { at_hash: 'x' }],
  ])('%s', async (_name, header, claims) => {
    const { code, message } = await refused(await sign({ header, claims }));
    expect(code).toBe('UNAUTHENTICATED');
    expect(message).toMatch(/not an access token/);
  });
});

describe('forged tokens', () => {
  const payload = { sub: 'alice', aud: 'waybill', iss: 'https://issuer.example', exp: NOW / 1_000 + 60 };
  const hmac = (secret: string, header: object): string => {
    const unsigned = rawToken(header, payload).slice(0, -1);
    return `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`;
  };

  it('has a fair control: a token made by hand passes', async () => {
    expect((await verifier.verify(hmac(TEST_SECRET, { alg: 'HS256' }))).principal.id).toBe('alice');
  });

  it.each([
    ['none', rawToken({ alg: 'none' }, payload)],
    ['None', rawToken({ alg: 'None' }, payload)],
    ['nOnE', rawToken({ alg: 'nOnE' }, payload)],
    ['none with a signature', rawToken({ alg: 'none' }, payload, 'AAAA')],
    ['an empty algorithm', rawToken({ alg: '' }, payload)],
    ['no algorithm', rawToken({}, payload)],
    ['algorithms as a list', rawToken({ alg: ['HS256'] }, payload)],
    ['HS256 without a signature', rawToken({ alg: 'HS256' }, payload)],
    ['HS256 with another secret', hmac('another secret that is 32 bytes or longer', { alg: 'HS256' })],
    ['HS256 with an empty secret', hmac('', { alg: 'HS256' })],
    ['HS512, which is not accepted', hmac(TEST_SECRET, { alg: 'HS512' })],
    ['hs256 in small letters', hmac(TEST_SECRET, { alg: 'hs256' })],
    ['HS256 keyed with the RSA public key', hmac(publicPem(KEY_PAIRS.rsa.publicKey), { alg: 'HS256' })],
    ['HS256 keyed with the RSA public key, trimmed', hmac(publicPem(KEY_PAIRS.rsa.publicKey).trim(), { alg: 'HS256' })],
    ['HS256 keyed with the EC public key', hmac(publicPem(KEY_PAIRS.ec.publicKey), { alg: 'HS256' })],
    ['RS256 that is really an HMAC by the shared secret', hmac(TEST_SECRET, { alg: 'RS256' })],
    ['RS256 that is really an HMAC by the public key', hmac(publicPem(KEY_PAIRS.rsa.publicKey), { alg: 'RS256' })],
    ['a critical header that nobody knows', hmac(TEST_SECRET, { alg: 'HS256', crit: ['exp2'], exp2: 1 })],
    ['an unencoded payload', hmac(TEST_SECRET, { alg: 'HS256', crit: ['b64'], b64: false })],
  ])('%s', async (_name, token) => {
    const { code, message } = await refused(token);
    expect(code).toBe('UNAUTHENTICATED');
    for (const part of token.split('.').filter((text) => text.length > 8)) expect(message).not.toContain(part);
  });

  it.each([
    ['RS256 of another key', 'RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
    ['ES256 of another key', 'ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
    ['EdDSA of another key', 'EdDSA', generateKeyPairSync('ed25519').privateKey],
    ['PS256 with the right RSA key', 'PS256', KEY_PAIRS.rsa.privateKey],
    ['RS512 with the right RSA key', 'RS512', KEY_PAIRS.rsa.privateKey],
  ])('%s', async (_name, alg, key) => {
    expect((await refused(await sign({ header: { alg }, key }))).code).toBe('UNAUTHENTICATED');
  });

  it('does not believe a payload that was changed after signing', async () => {
    const [header, , signature] = (await sign()).split('.');
    const token = `${header}.${Buffer.from(JSON.stringify({ ...payload, sub: 'mallory' })).toString('base64url')}.${signature}`;
    expect((await refused(token)).code).toBe('UNAUTHENTICATED');
  });

  it('does not say "expired" of a token whose signature is wrong', async () => {
    const token = await sign({ claims: { exp: 1 }, key: createSecretKey(Buffer.alloc(32, 7)) });
    expect((await refused(token)).code).toBe('UNAUTHENTICATED');
  });

  it('accepts public keys only where they were configured', async () => {
    const secretOnly = verifierFor(testConfig());
    expect((await refused(await sign({ header: { alg: 'RS256' }, key: KEY_PAIRS.rsa.privateKey }), secretOnly)).code).toBe(
      'UNAUTHENTICATED',
    );
  });

  it('follows no key that the header brings along, and asks nobody for one', async () => {
    let requests = 0;
    const server = createServer((_request, response) => {
      requests += 1;
      response.end('{}');
    }).listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
      const evil = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const embedded = evil.publicKey.export({ format: 'jwk' });
      for (const header of [{ jku: url }, { x5u: url }, { jwk: embedded }, { jku: url, jwk: embedded, kid: url }]) {
        expect((await refused(await sign({ header: { alg: 'ES256', ...header }, key: evil.privateKey }))).code).toBe('UNAUTHENTICATED');
      }
      expect(requests).toBe(0);
    } finally {
      server.close();
    }
  });
});

describe('what is not a token', () => {
  it.each([
    ['nothing', ''],
    ['a word', 'hello'],
    ['two parts', 'a.b'],
    ['four parts', 'a.b.c.d'],
    ['an encrypted JWT of five parts', rawToken({ alg: 'dir', enc: 'A256GCM' }, {}, 'a.b.c')],
    ['a header that is not JSON', rawToken('nope', {}, 'AAAA')],
    ['a header that is a list', rawToken([], {}, 'AAAA')],
    ['a header that is null', rawToken('null', {}, 'AAAA')],
    ['characters outside the alphabet', 'a b.c d.e f'],
    ['8 KiB of kid', rawToken({ alg: 'HS256', kid: 'k'.repeat(TOKEN_LENGTH) }, {}, 'AAAA')],
  ])('%s', async (_name, token) => {
    const { code, message } = await refused(token);
    expect(code).toBe('UNAUTHENTICATED');
    if (token.length > 6) expect(message).not.toContain(token);
  });
});
