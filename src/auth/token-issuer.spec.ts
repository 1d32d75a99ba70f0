import { createSecretKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KEY_PAIRS, publicPem, signToken, TEST_SECRET, testConfig } from '../../test/support/tokens.js';
import { JwtVerifier } from './jwt-verifier.js';
import { EVERY_GRANT } from './principal.js';
import { NoopTelemetry } from '../telemetry/noop-telemetry.js';
import { RevocationStore } from './revocation-store.js';
import { Revocations } from './revocations.js';
import { Revoking } from './revoking.js';
import { Secrets } from './secrets.js';
import { TokenCache } from './token-cache.js';
import { TokenIssuer } from './token-issuer.js';
import { TokenRefresh } from './token-refresh.js';
import { TokenVerification } from './token-verification.js';
import { nobodyToNudge } from '../../test/support/nudges.js';

const NOW = Date.UTC(2026, 0, 1);

function parts(env: Readonly<Record<string, string>> = {}) {
  // Retiring needs the database; the tests of security have one.
  const config = testConfig({ WAYBILL_REFRESH_GRACE_S: '0', ...env });
  const secrets = new Secrets(config);
  const telemetry = new NoopTelemetry();
  const revocations = new Revocations(telemetry);
  const verifier = new JwtVerifier(config, secrets);
  const verification = new TokenVerification(verifier, new TokenCache(config), revocations, telemetry);
  const issuer = new TokenIssuer(config, secrets);
  const store = Object.create(RevocationStore.prototype) as RevocationStore;
  return {
    verification,
    issuer,
    refresh: new TokenRefresh(config, verification, issuer, new Revoking(config, store, revocations, verifier, nobodyToNudge())),
  };
}

beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'performance'], now: NOW }));
afterEach(() => vi.useRealTimers());

describe('a minted token', () => {
  it('says what was asked for, and is good', async () => {
    const { issuer, verification } = parts({ WAYBILL_JWT_ISSUER: 'https://issuer.example' });
    const { token, expiresAt } = await issuer.mint({ user: 'alice', roles: ['admin'], grants: EVERY_GRANT, ttlSeconds: 60 });
    expect(expiresAt).toBe(NOW + 60_000);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'at+jwt' });
    expect(decodeJwt(token)).toMatchObject({
      sub: 'alice',
      aud: 'waybill',
      iss: 'https://issuer.example',
      iat: NOW / 1_000,
      exp: NOW / 1_000 + 60,
      roles: ['admin'],
    });
    const { principal } = await verification.verify(token);
    expect(principal).toMatchObject({ kind: 'user', id: 'alice', roles: ['admin'], grants: EVERY_GRANT, expiresAt });
    expect(principal.tokenId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is an ordinary HS256 JWT for any other library', async () => {
    const { token } = await parts().issuer.mint({ user: 'alice' });
    await expect(jwtVerify(token, createSecretKey(Buffer.from(TEST_SECRET)), { algorithms: ['HS256'] })).resolves.toBeDefined();
  });

  it('grants nothing and lives as long as the option says, unless asked', async () => {
    const { token, expiresAt } = await parts({ WAYBILL_TOKEN_TTL_S: '90' }).issuer.mint({ user: 'alice' });
    expect(expiresAt).toBe(NOW + 90_000);
    expect(decodeJwt(token)).toMatchObject({ topics: { subscribe: [], publish: [] }, users: { send: [] }, broadcast: false });
  });

  it.each([0, -1, 86_401])('does not live %i s', async (ttlSeconds) => {
    await expect(parts().issuer.mint({ user: 'alice', ttlSeconds })).rejects.toMatchObject({ code: 'BAD_REQUEST', field: 'ttl_s' });
  });

  it('is refused where it would be too long to be accepted', async () => {
    const publish = Array.from({ length: 200 }, (_, index) => `a-long-name-of-a-topic-number.${index}`);
    const grants = { ...EVERY_GRANT, topics: { subscribe: publish, publish } };
    await expect(parts().issuer.mint({ user: 'alice', grants })).rejects.toMatchObject({ code: 'BAD_REQUEST', field: 'topics' });
  });
});

describe('refreshing', () => {
  it('gives the same user and grants with a new expiry and a new id', async () => {
    const { issuer, refresh, verification } = parts();
    const first = await issuer.mint({ user: 'alice', roles: ['admin'], grants: EVERY_GRANT, ttlSeconds: 60 });
    vi.advanceTimersByTime(50_000);
    const second = await refresh.refresh(first.token);
    expect(second.expiresAt).toBe(NOW + 50_000 + 3_600_000);
    const [before, after] = [await verification.verify(first.token), await verification.verify(second.token)];
    const own = { expiresAt: 0, tokenId: '', issuedAt: 0 };
    expect({ ...after.principal, ...own }).toEqual({ ...before.principal, ...own });
    expect(after.principal.tokenId).not.toBe(before.principal.tokenId);
    expect(after.sessionStart).toBe(NOW);
  });

  it('ends with the longest life of the session, however often it is done', async () => {
    const { issuer, refresh } = parts({ WAYBILL_SESSION_MAX_S: '7200' });
    let current = await issuer.mint({ user: 'alice' });
    const ends: number[] = [];
    for (let hours = 0; hours < 2; hours += 1) {
      vi.advanceTimersByTime(3_000_000);
      current = await refresh.refresh(current.token);
      ends.push(current.expiresAt - NOW);
    }
    expect(ends).toEqual([6_600_000, 7_200_000]);
    vi.setSystemTime(NOW + 7_200_000);
    await expect(refresh.refresh(current.token)).rejects.toMatchObject({ code: 'PERMISSION_DENIED', rule: 'refresh.session' });
  });

  it('is not for expired tokens, nor for tokens without iat', async () => {
    const { refresh } = parts();
    await expect(refresh.refresh(await signToken({ claims: { exp: NOW / 1_000 - 31 } }))).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    await expect(refresh.refresh(await signToken({ claims: { iat: undefined } }))).rejects.toMatchObject({ rule: 'refresh.iat' });
  });

  it('cannot be stretched by a session that begins in the future', async () => {
    const { refresh, verification } = parts();
    const { token } = await refresh.refresh(await signToken({ claims: { auth_time: NOW / 1_000 + 1e6 } }));
    expect((await verification.verify(token)).sessionStart).toBe(NOW);
  });

  it('leaves tokens of other issuers to them', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'waybill-keys-'));
    try {
      const path = join(directory, 'key.pem');
      writeFileSync(path, publicPem(KEY_PAIRS.ed.publicKey));
      const token = await signToken({ header: { alg: 'EdDSA' }, key: KEY_PAIRS.ed.privateKey });
      await expect(parts({ WAYBILL_JWT_PUBLIC_KEY_FILE: path }).refresh.refresh(token)).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        rule: 'refresh.issuer',
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
