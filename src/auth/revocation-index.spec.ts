import { describe, expect, it } from 'vitest';
import type { RevocationKind } from '../telemetry/telemetry.js';
import { NO_GRANTS, type Principal } from './principal.js';
import type { Revocation } from './revocation.js';
import { RevocationIndex } from './revocation-index.js';

const NOW = Date.UTC(2026, 0, 1);
let rules = 0;

function rule(kind: RevocationKind, subject: string, parts: Partial<Revocation> = {}): Revocation {
  rules += 1;
  const made = { effectiveAt: NOW, expiresAt: NOW + 1_000, issuedBefore: undefined, reason: '', createdBy: 'key:test', createdAt: NOW };
  return { id: `rule-${rules}`, kind, subject, ...made, ...parts };
}

function token(id: string, issuedAt: number | undefined, tokenId?: string): Principal {
  return { kind: 'user', id, roles: [], grants: NO_GRANTS, scopes: [], expiresAt: NOW + 1e6, tokenId, issuedAt };
}

function ofDevice(tenure: string): Principal {
  return { ...token('device:lamp', NOW), device: { id: 'lamp', tenure } };
}

function indexOf(...all: readonly Revocation[]): RevocationIndex {
  const index = new RevocationIndex();
  for (const one of all) index.put(one);
  return index;
}

describe('the index of revocations', () => {
  it.each([
    ['one token by its id', rule('token', 't1'), token('alice', NOW, 't1'), true],
    ['no other token', rule('token', 't1'), token('alice', NOW, 't2'), false],
    ['no token without an id', rule('token', 't1'), token('alice', NOW), false],
    ['a token issued before', rule('user', 'alice', { issuedBefore: NOW }), token('alice', NOW - 1), true],
    ['no token issued at that moment', rule('user', 'alice', { issuedBefore: NOW }), token('alice', NOW), false],
    ['a token that does not say when', rule('user', 'alice', { issuedBefore: NOW }), token('alice', undefined), true],
    ['no other user', rule('user', 'alice', { issuedBefore: NOW }), token('bob', NOW - 1), false],
    ["everybody's older tokens", rule('everyone', '', { issuedBefore: NOW }), token('bob', NOW - 1), true],
    ["nobody's younger ones", rule('everyone', '', { issuedBefore: NOW }), token('bob', NOW), false],
    ['every token of a blocked user', rule('block', 'alice'), token('alice', NOW + 1e6), true],
    ['a renewed token', rule('renewed', 't1'), token('alice', NOW, 't1'), true],
    ['a renewed token not within its grace', rule('renewed', 't1', { effectiveAt: NOW + 1 }), token('alice', NOW, 't1'), false],
    ["a token of a device's tenure", rule('device', 'tenure-1'), ofDevice('tenure-1'), true],
    ["no token of a device's next tenure", rule('device', 'tenure-1'), ofDevice('tenure-2'), false],
    ['a token that may be of a key that was removed', rule('device_key', 'tenure-1'), ofDevice('tenure-1'), true],
    ['nothing when it is over', rule('block', 'alice', { expiresAt: NOW }), token('alice', NOW), false],
    ['a user blocked without an end', rule('block', 'alice', { expiresAt: undefined }), token('alice', NOW), true],
    ['a user named like a member of every object', rule('block', '__proto__'), token('__proto__', NOW), true],
    ['no API key', rule('everyone', '', { issuedBefore: NOW }), { ...token('key:a', undefined), kind: 'api_key' as const }, false],
  ])('finds %s', (_name, made, principal, found) => {
    expect(indexOf(made).find(principal, NOW)?.id).toBe(found ? made.id : undefined);
  });

  it('knows several rules about one user, and forgets them one by one', () => {
    const [older, younger] = [rule('user', 'alice', { issuedBefore: NOW - 10 }), rule('user', 'alice', { issuedBefore: NOW })];
    const index = indexOf(older, younger);
    expect(index.find(token('alice', NOW - 5), NOW)?.id).toBe(younger.id);
    index.remove(younger.id);
    expect(index.find(token('alice', NOW - 5), NOW)).toBeUndefined();
    expect(index.find(token('alice', NOW - 11), NOW)?.id).toBe(older.id);
    index.remove(older.id);
    expect([index.find(token('alice', NOW - 11), NOW), index.size]).toEqual([undefined, 0]);
  });

  it('counts by kind, takes a rule once, and sweeps what is over', () => {
    const lasting = rule('block', 'alice', { expiresAt: undefined });
    const index = indexOf(rule('token', 't1'), rule('user', 'alice'), rule('everyone', ''), rule('renewed', 't2'), lasting, lasting);
    expect(index.counts()).toEqual({ token: 1, renewed: 1, user: 1, everyone: 1, device: 0, device_key: 0, block: 1 });
    index.sweep(NOW + 999);
    expect(index.size).toBe(5);
    index.sweep(NOW + 1_000);
    expect(index.counts()).toEqual({ token: 0, renewed: 0, user: 0, everyone: 0, device: 0, device_key: 0, block: 1 });
  });

  it('answers as quickly with many rules as with few', () => {
    const index = new RevocationIndex();
    for (let number = 0; number < 100_000; number += 1)
      index.put(rule(number % 2 === 0 ? 'token' : 'user', `s${number}`, { issuedBefore: NOW }));
    const began = performance.now();
    for (let look = 0; look < 100_000; look += 1) index.find(token('somebody', NOW, 'some-token'), NOW);
    // A walk over the rules would take minutes.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
