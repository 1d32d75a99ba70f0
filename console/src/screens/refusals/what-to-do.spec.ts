import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../../../src/protocol/error-codes.js';
import { REFUSAL_KINDS as SERVER_KINDS } from '../../../../src/telemetry/refused.js';
import { REFUSAL_KINDS, refusedWhat } from './refusal-item.ts';
import { whatToDo } from './what-to-do.ts';

describe('what to do about a refusal', () => {
  it('is said for every code of the registry', () => {
    for (const code of Object.keys(ERRORS)) if (code !== 'OK') expect(whatToDo({ kind: 'request', code }), code).not.toBe('');
  });

  it.each([
    [{ kind: 'close', code: '4408' }, 'Slow consumers'],
    [{ kind: 'connect', code: 'PERMISSION_DENIED', rule: 'user.blocked' }, 'Unblock'],
    [{ kind: 'connect', code: 'PERMISSION_DENIED', rule: 'server.allowedOrigins' }, 'allowed origins'],
    [{ kind: 'publish', code: 'PERMISSION_DENIED', rule: 'token.topics.publish' }, 'give the right'],
  ])('%j', (refusal, words) => {
    expect(whatToDo(refusal)).toContain(words);
  });

  it('says nothing of what it does not know', () => {
    expect([whatToDo({ kind: 'publish', code: 'toString' }), whatToDo({ kind: 'publish', code: 'NEW_CODE' })]).toEqual(['', '']);
  });

  it('knows the kinds of the gateway, and has words for each', () => {
    expect(REFUSAL_KINDS).toEqual(SERVER_KINDS);
    for (const kind of REFUSAL_KINDS) expect(refusedWhat(kind)).not.toBe(kind);
  });
});
