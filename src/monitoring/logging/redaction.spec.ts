import { describe, expect, it } from 'vitest';
import { cut } from '../../telemetry/client-text.js';
import { redact, safeMessage } from './redaction.js';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';

describe('redaction', () => {
  it.each([
    'token',
    'Token',
    'access_token',
    'ticket',
    'authorization',
    'Authorization',
    'x-api-key',
    'apiKey',
    'cookie',
    'set-cookie',
    'sec-websocket-protocol',
    'password',
    'new_password',
    'csrf_token',
    'X-CSRF-Token',
    'secret',
    'data',
    'dataText',
    'payload',
    'body',
    'databaseUrl',
  ])('hides the value of %s wherever it stands', (key) => {
    const line = JSON.stringify(redact({ [key]: 'hunter2', nested: { list: [{ [key]: { deep: 'hunter2' } }] } }));
    expect(line).not.toContain('hunter2');
    expect(line.match(/\[redacted\]/g)).toHaveLength(2);
  });

  it.each([
    ['a token in a sentence', `verify failed for ${JWT}`, 'eyJ'],
    ['a bearer header', 'Authorization: Bearer abc.def-123', 'abc.def'],
    ['a bearer subprotocol', `waybill.v1, bearer.${Buffer.from(JWT).toString('base64url')}`, 'ZXlK'],
    ['a ticket in a query', '/ws?client=a&ticket=s3cr3t-ticket&x=1', 's3cr3t'],
    ['the cookie of a session', 'Cookie: a=1; waybill_session=s3cr3t-s3cr3t; b=2', 's3cr3t'],
    ['an API key', 'the key wbk_s3cr3ts3cr3ts3cr3ts3cr3t is odd', 's3cr3t'],
    ['a password in a URL', 'connect postgres://user:s3cr3t@db:5432/x failed', 's3cr3t'],
  ])('hides %s', (_what, text, secret) => {
    expect(safeMessage(text)).not.toContain(secret);
    expect(safeMessage(text)).toContain('[redacted]');
    const error = new Error(text, { cause: new Error(text) });
    const line = JSON.stringify(redact({ err: error }));
    expect(line).not.toContain(secret);
    expect(line).toContain('"stack"');
  });

  it('keeps what is no secret', () => {
    const fields = { connection_id: 'c-1', user: 'alice', code: 4400, topic: 'orders.42', nothing: null, flag: true, count: 12n };
    expect(redact(fields)).toEqual({ ...fields, count: '12' });
  });

  it('escapes what could forge a line or hide in a terminal, and cuts', () => {
    expect(cut('a\nlevel=error\u001b[31m\u202e\u2028b')).toBe('a\\u{a}level=error\\u{1b}[31m\\u{202e}\\u{2028}b');
    expect(cut('x'.repeat(1_000))).toBe(`${'x'.repeat(256)}… (1000 characters)`);
    expect(JSON.stringify(redact({ user: '\u001b]0;owned\u0007' }))).toBe('{"user":"\\\\u{1b}]0;owned\\\\u{7}"}');
  });

  it('bounds depth, length and circles', () => {
    const circle: Record<string, unknown> = { name: 'circle' };
    circle['self'] = circle;
    expect(JSON.stringify(redact(circle))).toContain('[deeper]');
    expect((redact({ list: Array.from({ length: 1_000 }, () => 1) }) as { list: unknown[] }).list).toHaveLength(51);
    expect(redact({ bytes: Buffer.from('secret') })).toEqual({ bytes: '[6 bytes]' });
    expect(Object.getPrototypeOf(redact(JSON.parse('{"__proto__":{"polluted":true}}')))).toBe(Object.prototype);
  });
});
