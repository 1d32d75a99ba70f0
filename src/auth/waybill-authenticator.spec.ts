import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Repository } from 'typeorm';
import { OperatorSessions } from './operators/operator-sessions.js';
import type { OperatorSession } from './operators/operator-session.entity.js';
import { signToken, testConfig, TEST_API_KEY } from '../../test/support/tokens.js';
import { Refusal } from '../protocol/refusal.js';
import { RecordingTelemetry } from '../telemetry/recording-telemetry.js';
import type { ApiKey } from './api-key.entity.js';
import { ApiKeyLookup } from './api-key-lookup.js';
import type { Credentials } from './authenticator.js';
import type { DeviceAuthentication } from './devices/device-authentication.js';
import { JwtVerifier } from './jwt-verifier.js';
import { MemoryTicketShelf } from './memory-ticket-shelf.js';
import { Revocations } from './revocations.js';
import { requireSameUser } from './same-user.js';
import { Secrets } from './secrets.js';
import { Tickets } from './tickets.js';
import { TokenCache } from './token-cache.js';
import { TokenVerification } from './token-verification.js';
import { WaybillAuthenticator } from './waybill-authenticator.js';
import { nobodyToNudge } from '../../test/support/nudges.js';

/** A database that is away: the fault that these tests need of it. */
class AbsentSessions extends Repository<OperatorSession> {
  override findOne(): Promise<OperatorSession | null> {
    return Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:5432'));
  }
}

class AbsentKeys extends Repository<ApiKey> {
  override findOneBy(): Promise<ApiKey | null> {
    return Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:5432'));
  }
}

/** Devices have tests with a database (test/security/devices.spec.ts). */
const NO_DEVICES = {} as DeviceAuthentication;

function parts() {
  const config = testConfig();
  const secrets = new Secrets(config);
  const telemetry = new RecordingTelemetry();
  const tickets = new Tickets(config, new MemoryTicketShelf());
  const verifier = new JwtVerifier(config, secrets);
  const revocations = new Revocations(telemetry);
  const keys = new ApiKeyLookup(Object.create(AbsentKeys.prototype) as AbsentKeys, telemetry, secrets, nobodyToNudge());
  const authenticator = new WaybillAuthenticator(
    new TokenVerification(verifier, new TokenCache(config), revocations, telemetry),
    tickets,
    keys,
    revocations,
    telemetry,
    NO_DEVICES,
    new OperatorSessions(Object.create(AbsentSessions.prototype) as AbsentSessions, telemetry, config, nobodyToNudge()),
  );
  return { authenticator, tickets, verifier, telemetry };
}

const token = (text: string, method: 'header' | 'subprotocol' | 'frame' = 'header'): Credentials => ({
  kind: 'token',
  token: text,
  method,
});

beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.now() }));
afterEach(() => vi.useRealTimers());

describe('authenticating', () => {
  it('counts each check by its method and result, and how long it took', async () => {
    const { authenticator, telemetry, tickets } = parts();
    const good = await signToken();
    const alice = await authenticator.authenticate(token(good, 'frame'));
    await authenticator.authenticate(token(good, 'subprotocol'));
    await authenticator.authenticate({ kind: 'ticket', ticket: (await tickets.issue(alice)).ticket });
    await authenticator.authenticate({ kind: 'api_key', key: TEST_API_KEY });
    await authenticator.authenticate({ kind: 'ticket', ticket: 'x' }).catch(() => undefined);
    await authenticator.authenticate(token(await signToken({ claims: { exp: 1 } }))).catch(() => undefined);
    await authenticator.authenticate({ kind: 'api_key', key: `wbk_${'A'.repeat(43)}` }).catch(() => undefined);
    expect(telemetry.of('authenticated').map(([method, result]) => [method, result])).toEqual([
      ['frame', 'OK'],
      ['subprotocol', 'OK'],
      ['ticket', 'OK'],
      ['api_key', 'OK'],
      ['ticket', 'UNAUTHENTICATED'],
      ['header', 'TOKEN_EXPIRED'],
      ['api_key', 'UNAVAILABLE'],
    ]);
    expect(telemetry.of('authenticated').every(([, , duration]) => typeof duration === 'number')).toBe(true);
  });

  it('verifies a token once and then knows it, until its end', async () => {
    const { authenticator, verifier } = parts();
    const verify = vi.spyOn(verifier, 'verify');
    const good = await signToken({ claims: { exp: Math.floor(Date.now() / 1_000) + 20 } });
    for (let index = 0; index < 5; index += 1) await authenticator.authenticate(token(good));
    expect(verify).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(60_000);
    await expect(authenticator.authenticate(token(good))).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  it('does not remember bad tokens as good', async () => {
    const { authenticator } = parts();
    const bad = `${(await signToken()).slice(0, -8)}AAAAAAAA`;
    for (let index = 0; index < 3; index += 1)
      await expect(authenticator.authenticate(token(bad))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('lets one of two in who bring the same ticket at once', async () => {
    const { authenticator, tickets } = parts();
    const alice = await authenticator.authenticate(token(await signToken()));
    for (let round = 0; round < 50; round += 1) {
      const { ticket } = await tickets.issue(alice);
      const outcomes = await Promise.allSettled([1, 2].map(() => authenticator.authenticate({ kind: 'ticket', ticket })));
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }
  });

  it('does not let a ticket outlive the token it was made with', async () => {
    const { authenticator, tickets } = parts();
    const alice = await authenticator.authenticate(token(await signToken({ claims: { exp: Math.floor(Date.now() / 1_000) + 10 } })));
    const { ticket } = await tickets.issue(alice);
    vi.advanceTimersByTime(10_000);
    await expect(authenticator.authenticate({ kind: 'ticket', ticket })).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  it('lets nobody in when it breaks, and does not blame the credential', async () => {
    const { authenticator, verifier } = parts();
    vi.spyOn(verifier, 'verify').mockRejectedValue(new TypeError('a defect'));
    const outcome: unknown = await authenticator.authenticate(token(await signToken())).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(Refusal);
    expect(outcome).toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 1_000 });
    expect((outcome as Refusal).message).not.toContain('defect');
  });
});

describe('a refreshed principal', () => {
  it('must be the same user', async () => {
    const { authenticator } = parts();
    const alice = await authenticator.authenticate(token(await signToken()));
    const again = await authenticator.authenticate(token(await signToken({ claims: { jti: 'other', roles: ['admin'] } }), 'frame'));
    const bob = await authenticator.authenticate(token(await signToken({ claims: { sub: 'bob' } }), 'frame'));
    expect(() => requireSameUser(alice, again)).not.toThrow();
    expect(() => requireSameUser(alice, bob)).toThrow(expect.objectContaining({ code: 'PERMISSION_DENIED' }));
    expect(() => requireSameUser(alice, { ...alice, kind: 'api_key' })).toThrow(Refusal);
  });
});
