import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { testConfig } from '../../test/support/tokens.js';
import type { VerifiedToken } from './jwt-verifier.js';
import { NO_GRANTS } from './principal.js';
import { TokenCache } from './token-cache.js';

function verified(expiresInMs: number): VerifiedToken {
  const principal = {
    kind: 'user',
    id: 'alice',
    roles: [],
    grants: NO_GRANTS,
    scopes: [],
    expiresAt: Date.now() + expiresInMs,
    tokenId: undefined,
  } as const;
  return { principal, sharedSecret: true, sessionStart: undefined };
}

function cacheOf(size: number): TokenCache {
  return new TokenCache(testConfig({ WAYBILL_TOKEN_CACHE: String(size) }));
}

beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'performance'] }));
afterEach(() => vi.useRealTimers());

describe('the token cache', () => {
  it('knows the very token and no other', () => {
    const cache = cacheOf(10);
    cache.put('token', verified(1e6));
    expect(cache.get('token')?.principal.id).toBe('alice');
    expect(cache.get('Token')).toBeUndefined();
  });

  it.each([
    ['a minute at most', 1e6, 59_999, 60_000],
    ['until exp, without the allowance for clocks', 10_000, 9_999, 10_000],
  ])('believes for %s', (_name, lifeMs, lastMs, overMs) => {
    const cache = cacheOf(10);
    cache.put('token', verified(lifeMs));
    vi.advanceTimersByTime(lastMs);
    expect(cache.get('token')).toBeDefined();
    vi.advanceTimersByTime(overMs - lastMs);
    expect(cache.get('token')).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  it('does not count a look as a verification', () => {
    const cache = cacheOf(10);
    cache.put('token', verified(1e6));
    for (let second = 0; second < 60; second += 1) {
      cache.get('token');
      vi.advanceTimersByTime(1_000);
    }
    expect(cache.get('token')).toBeUndefined();
  });

  it('drops what was not used for longest', () => {
    const cache = cacheOf(3);
    for (const token of ['a', 'b', 'c']) cache.put(token, verified(1e6));
    cache.get('a');
    cache.put('d', verified(1e6));
    expect(['a', 'b', 'c', 'd'].map((token) => cache.get(token) !== undefined)).toEqual([true, false, true, true]);
  });

  it('stays within its bound under a flood', () => {
    const cache = cacheOf(100);
    for (let index = 0; index < 10_000; index += 1) cache.put(`token-${index}`, verified(1e6));
    expect(cache.size).toBe(100);
  });

  it('forgets all when it is cleared', () => {
    const cache = cacheOf(10);
    cache.put('token', verified(1e6));
    cache.clear();
    expect(cache.get('token')).toBeUndefined();
  });

  it('of size 0 keeps nothing', () => {
    const cache = cacheOf(0);
    cache.put('token', verified(1e6));
    expect([cache.size, cache.get('token')]).toEqual([0, undefined]);
  });
});
