import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuditEntry } from '../../audit/audit-trail.js';
import { MemoryAuditTrail } from '../../audit/memory-audit-trail.js';
import { NO_GRANTS, type Principal } from '../../auth/principal.js';
import { RefusalAllowance } from './refusal-allowance.js';

const refusal = (actor: string): AuditEntry => ({
  actor,
  action: 'key.create',
  target: '',
  result: 'UNAUTHENTICATED',
  address: undefined,
  traceId: undefined,
});

function principal(kind: Principal['kind'], id: string): Principal {
  return { kind, id, roles: [], grants: NO_GRANTS, scopes: [], expiresAt: undefined, tokenId: undefined };
}

describe('the allowance for refusals', () => {
  let trail: MemoryAuditTrail;
  let allowance: RefusalAllowance;
  beforeEach(() => {
    vi.useFakeTimers();
    trail = new MemoryAuditTrail();
    allowance = new RefusalAllowance(trail, () => 2);
  });
  afterEach(() => void vi.useRealTimers());

  const actors = async (): Promise<readonly string[]> =>
    (await trail.read({ order: 'oldest', limit: 1_000 })).map(({ actor, action }) => `${actor} ${action}`);

  it('records so many of strangers a minute, and counts the rest in one record', async () => {
    for (let count = 0; count < 500; count += 1) allowance.admit(refusal('anonymous'), undefined);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(await actors()).toEqual(['anonymous key.create', 'anonymous key.create']);
    await vi.advanceTimersByTimeAsync(1);
    expect((await trail.read({ order: 'newest', limit: 1 }))[0]).toMatchObject({
      actor: 'anonymous',
      action: 'audit.omitted',
      after: { omitted: { 'key.create UNAUTHENTICATED': 498 }, within_s: 60 },
    });
    allowance.admit(refusal('anonymous'), undefined);
    expect(await actors()).toHaveLength(4);
  });

  it('counts all users together, and each operator and key alone', async () => {
    for (let user = 0; user < 10; user += 1) allowance.admit(refusal(`user:${user}`), principal('user', String(user)));
    for (const id of ['operator:a', 'operator:b']) {
      for (let count = 0; count < 3; count += 1) allowance.admit(refusal(id), principal('operator', id));
    }
    allowance.admit(refusal('key:c'), principal('api_key', 'key:c'));
    const each = ['user:0', 'user:1', 'operator:a', 'operator:a', 'operator:b', 'operator:b', 'key:c'];
    expect(await actors()).toEqual(each.map((actor) => `${actor} key.create`));
  });

  it('records what was counted when it stops', async () => {
    for (let count = 0; count < 4; count += 1) allowance.admit(refusal('anonymous'), undefined);
    await allowance.stop();
    expect(await actors()).toEqual(['anonymous key.create', 'anonymous key.create', 'anonymous audit.omitted']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
