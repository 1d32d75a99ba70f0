import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode, type RetryRule } from './error-codes.js';
import { Refusal } from './refusal.js';

/** The table of docs/protocol.md, written again by hand: a change of either must be meant. */
const PUBLISHED: readonly (readonly [ErrorCode, number, RetryRule])[] = [
  ['OK', 200, 'none'],
  ['BAD_REQUEST', 400, 'never'],
  ['UNAUTHENTICATED', 401, 'with-new-token'],
  ['TOKEN_EXPIRED', 401, 'with-new-token'],
  ['PERMISSION_DENIED', 403, 'never'],
  ['NOT_FOUND', 404, 'never'],
  ['UNKNOWN_ACTION', 404, 'never'],
  ['CONFLICT', 409, 'never'],
  ['HISTORY_GONE', 410, 'never'],
  ['PAYLOAD_TOO_LARGE', 413, 'never'],
  ['UPGRADE_REQUIRED', 426, 'use-upgrade'],
  ['METHOD_NOT_ALLOWED', 405, 'never'],
  ['TIMEOUT', 408, 'never'],
  ['UNSUPPORTED_MEDIA_TYPE', 415, 'never'],
  ['LIMIT_EXCEEDED', 429, 'after-delay'],
  ['RATE_LIMITED', 429, 'after-delay'],
  ['DEADLINE_EXCEEDED', 504, 'never'],
  ['INTERNAL', 500, 'once'],
  ['UNAVAILABLE', 503, 'after-delay'],
  ['DRAINING', 503, 'after-delay'],
  ['UNKNOWN_OUTCOME', 504, 'same-msg-id'],
];

describe('the error registry', () => {
  it('has exactly the published codes', () => {
    expect(Object.keys(ERRORS).toSorted()).toEqual(PUBLISHED.map(([code]) => code).toSorted());
  });

  it.each(PUBLISHED)('%s answers HTTP %i and may be tried again: %s', (code, http, retry) => {
    expect(ERRORS[code]).toMatchObject({ http, retry });
  });

  it.each(Object.entries(ERRORS))('%s has a sentence', (code, { meaning }) => {
    expect(code).toMatch(/^[A-Z]+(?:_[A-Z]+)*$/);
    expect(meaning).toMatch(/^[A-Z].+\.$/);
  });
});

describe('Refusal', () => {
  it('carries its code, its HTTP status and what is at fault', () => {
    const refusal = new Refusal('RATE_LIMITED', 'too fast', { field: 'data', retryAfterMs: 500, rule: 'gateway.commandsPerSecond' });
    expect(refusal).toMatchObject({
      code: 'RATE_LIMITED',
      httpStatus: 429,
      message: 'too fast',
      field: 'data',
      retryAfterMs: 500,
      rule: 'gateway.commandsPerSecond',
    });
    expect(refusal).toBeInstanceOf(Error);
  });

  it('names the field of a bad request in its sentence', () => {
    expect(Refusal.badRequest('data.limit', 'must be a number')).toMatchObject({
      code: 'BAD_REQUEST',
      field: 'data.limit',
      message: 'data.limit: must be a number',
    });
  });
});
