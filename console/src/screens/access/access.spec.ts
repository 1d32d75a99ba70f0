import { describe, expect, it } from 'vitest';
import { type ApiKey, expiryOf, standingOf } from './api-key.ts';
import { passwordProblem } from '../../api/password-problem.ts';
import { whoseOf } from './revocation.ts';

const NOW = 1_000_000;
const key: ApiKey = { id: 'a', name: 'ci', scopes: ['publish'], created_at: 0 };

describe('API keys', () => {
  it.each([
    [key, 'in use'],
    [{ ...key, expires_at: NOW }, 'expired'],
    [{ ...key, previous_until: NOW + 1 }, 'two secrets'],
    [{ ...key, previous_until: NOW - 1 }, 'in use'],
    [{ ...key, revoked_at: 1, previous_until: NOW + 1 }, 'revoked'],
  ])('%o is %s', (one, word) => {
    expect(standingOf(one, NOW).word).toBe(word);
  });

  it.each([
    ['', {}],
    ['0', {}],
    ['x', {}],
    ['2', { expires_at: NOW + 172_800_000 }],
  ])('end after %o days', (days, expiry) => {
    expect(expiryOf(days, NOW)).toEqual(expiry);
  });
});

describe('a new password', () => {
  it.each([
    ['short', 'At least 12 characters.'],
    ['aaaaaaaaaaaa', 'At least 5 different characters.'],
    ['correct horse', undefined],
  ])('%s', (password, problem) => {
    expect(passwordProblem(password)).toBe(problem);
  });
});

describe('whose tokens a revocation ends', () => {
  it.each([
    [{ kind: 'token', token_id: 'j-1' }, 'token j-1'],
    [{ kind: 'renewed', token_id: 'j-1' }, 'token j-1, renewed'],
    [{ kind: 'user', user: 'alice' }, 'tokens of alice'],
    [{ kind: 'everyone' }, 'tokens of everybody'],
  ] as const)('%o', (rule, words) => {
    expect(whoseOf({ id: '1', reason: '', created_by: 'operator:ada', created_at: 0, ...rule })).toBe(words);
  });
});
