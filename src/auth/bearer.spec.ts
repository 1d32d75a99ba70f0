import { describe, expect, it } from 'vitest';
import { Refusal } from '../protocol/refusal.js';
import { requestCredentials, upgradeCredentials } from './bearer.js';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';
const ENCODED = Buffer.from(JWT).toString('base64url');

type Headers = Readonly<Record<string, string | string[]>>;

function source(headers: Headers, url: string) {
  return { url, headersDistinct: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()])) };
}

function refusal(work: () => unknown): Refusal {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('the credential of an upgrade', () => {
  const header = { authorization: `Bearer ${JWT}` };
  const subprotocol = { 'sec-websocket-protocol': `waybill.v1, bearer.${ENCODED}` };

  it.each([
    ['the Authorization header', header, '/ws', { kind: 'token', token: JWT, method: 'header' }],
    ['the scheme in any case', { authorization: `bEARER ${JWT}` }, '/ws', { kind: 'token', token: JWT, method: 'header' }],
    ['a subprotocol', subprotocol, '/ws', { kind: 'token', token: JWT, method: 'subprotocol' }],
    [
      'subprotocols in two header lines',
      { 'sec-websocket-protocol': [`bearer.${ENCODED}`, 'waybill.v1'] },
      '/ws',
      { kind: 'token', token: JWT, method: 'subprotocol' },
    ],
    ['a ticket', {}, '/ws?ticket=abc_-1&client=web%2F1.2', { kind: 'ticket', ticket: 'abc_-1' }],
    ['the header before all others', { ...header, ...subprotocol }, '/ws?ticket=abc', { kind: 'token', token: JWT, method: 'header' }],
    ['the subprotocol before a ticket', subprotocol, '/ws?ticket=abc', { kind: 'token', token: JWT, method: 'subprotocol' }],
    [
      'the header before a session cookie',
      { ...header, cookie: 'waybill_session=abc' },
      '/ws',
      { kind: 'token', token: JWT, method: 'header' },
    ],
    ['a ticket before a session cookie', { cookie: 'waybill_session=abc' }, '/ws?ticket=abc', { kind: 'ticket', ticket: 'abc' }],
    ['the header before an API key', { ...header, 'x-api-key': 'k' }, '/ws', { kind: 'token', token: JWT, method: 'header' }],
    ['nothing, so that an auth frame follows', { 'sec-websocket-protocol': 'waybill.v1' }, '/ws?client=web/1.2', undefined],
  ])('takes %s', (_name, headers: Headers, url, expected) => {
    expect(upgradeCredentials(source(headers, url))).toEqual(expected);
  });

  it.each([
    ['an API key in Authorization', { authorization: 'Bearer wbk_abcdef' }, '/ws', 'UNAUTHENTICATED', undefined],
    ['an API key in X-API-Key', { 'x-api-key': 'wbk_abcdef' }, '/ws', 'UNAUTHENTICATED', undefined],
    ['a session cookie', { cookie: 'waybill_session=abc' }, '/ws', 'UNAUTHENTICATED', undefined],
    ['another scheme', { authorization: 'Basic YWxpY2U6c2VjcmV0' }, '/ws', 'UNAUTHENTICATED', undefined],
    ['an empty bearer', { authorization: 'Bearer ' }, '/ws', 'UNAUTHENTICATED', undefined],
    ['two tokens in one header', { authorization: `Bearer ${JWT} ${JWT}` }, '/ws', 'UNAUTHENTICATED', undefined],
    ['two Authorization headers', { authorization: [`Bearer ${JWT}`, 'Bearer x'] }, '/ws', 'BAD_REQUEST', 'Authorization'],
    ['a bearer subprotocol alone', { 'sec-websocket-protocol': `bearer.${ENCODED}` }, '/ws', 'BAD_REQUEST', 'Sec-WebSocket-Protocol'],
    [
      'two bearer subprotocols',
      { 'sec-websocket-protocol': `waybill.v1, bearer.${ENCODED}, bearer.${ENCODED}` },
      '/ws',
      'BAD_REQUEST',
      'Sec-WebSocket-Protocol',
    ],
    ['padding', { 'sec-websocket-protocol': `waybill.v1, bearer.${ENCODED}=` }, '/ws', 'BAD_REQUEST', 'Sec-WebSocket-Protocol'],
    ['the other base64 alphabet', { 'sec-websocket-protocol': 'waybill.v1, bearer.ab+/' }, '/ws', 'BAD_REQUEST', 'Sec-WebSocket-Protocol'],
    ['bits that no encoder leaves', { 'sec-websocket-protocol': 'waybill.v1, bearer.abd' }, '/ws', 'BAD_REQUEST', 'Sec-WebSocket-Protocol'],
    ['an empty bearer subprotocol', { 'sec-websocket-protocol': 'waybill.v1, bearer.' }, '/ws', 'BAD_REQUEST', 'Sec-WebSocket-Protocol'],
    ['a raw JWT as subprotocol', { 'sec-websocket-protocol': `waybill.v1, bearer.${JWT}` }, '/ws', 'BAD_REQUEST', 'Sec-WebSocket-Protocol'],
    [
      'a malformed one beside a good header',
      { ...header, 'sec-websocket-protocol': 'waybill.v1, bearer.=' },
      '/ws',
      'BAD_REQUEST',
      'Sec-WebSocket-Protocol',
    ],
    ['?token=', {}, `/ws?token=x`, 'BAD_REQUEST', 'query.token'],
    ['?access_token= beside a good header', header, `/ws?access_token=x`, 'BAD_REQUEST', 'query.access_token'],
    ['?JWT= in capitals', {}, `/ws?JWT=x`, 'BAD_REQUEST', 'query.jwt'],
    ['a JWT as ticket', {}, `/ws?ticket=${JWT}`, 'BAD_REQUEST', 'query'],
    ['a JWT under any name', {}, `/ws?client=${JWT}`, 'BAD_REQUEST', 'query'],
    ['a JWT as a name', {}, `/ws?${JWT}`, 'BAD_REQUEST', 'query'],
    ['a JWT whose dots are percent-encoded', {}, `/ws?x=${JWT.replaceAll('.', '%2E')}`, 'BAD_REQUEST', 'query'],
    ['two tickets', {}, '/ws?ticket=a&ticket=b', 'BAD_REQUEST', 'query.ticket'],
    ['an empty ticket', {}, '/ws?ticket=', 'BAD_REQUEST', 'query.ticket'],
  ])('refuses %s', (_name, headers: Headers, url, code, field) => {
    const refused = refusal(() => upgradeCredentials(source(headers, url)));
    expect([refused.code, refused.field]).toEqual([code, field]);
    expect(refused.message).not.toContain(JWT.slice(0, 12));
    expect(refused.message).not.toContain(ENCODED.slice(0, 12));
  });
});

describe('the credential of a REST request', () => {
  it.each([
    ['a token', { authorization: `Bearer ${JWT}` }, { kind: 'token', token: JWT, method: 'header' }],
    ['an API key as bearer', { authorization: 'Bearer k.e:y/+=' }, { kind: 'api_key', key: 'k.e:y/+=' }],
    ['an API key of its own header', { 'x-api-key': ' wbk_abc ' }, { kind: 'api_key', key: 'wbk_abc' }],
    [
      'Authorization before X-API-Key',
      { authorization: `Bearer ${JWT}`, 'x-api-key': 'k' },
      { kind: 'token', token: JWT, method: 'header' },
    ],
    ['a session cookie', { cookie: 'a=1; waybill_session=abc; b=2' }, { kind: 'session', secret: 'abc' }],
    [
      'a session cookie of a page that asks by itself',
      { cookie: 'waybill_session=abc', 'x-waybill-background': '1' },
      { kind: 'session', secret: 'abc', background: true },
    ],
    ['neither of two session cookies', { cookie: ['waybill_session=abc', 'waybill_session=def'] }, { kind: 'session', secret: '' }],
    ['no cookie of another name', { cookie: 'xwaybill_session=abc; waybill_sessionx=d; waybill_session' }, undefined],
    ['a header before a session cookie', { 'x-api-key': 'k', cookie: 'waybill_session=abc' }, { kind: 'api_key', key: 'k' }],
    ['nothing', {}, undefined],
  ])('takes %s', (_name, headers: Headers, expected) => {
    expect(requestCredentials(source(headers, '/api/v1/topics?prefix=a'))).toEqual(expected);
  });

  it.each([
    ['a ticket', {}, '/api/v1/topics?ticket=abc', 'BAD_REQUEST', 'query.ticket'],
    ['a token in the URL', {}, '/api/v1/topics?token=abc', 'BAD_REQUEST', 'query.token'],
    ['a key in the URL', {}, '/api/v1/topics?api_key=abc', 'BAD_REQUEST', 'query.api_key'],
    ['two X-API-Key headers', { 'x-api-key': ['a', 'b'] }, '/api/v1/topics', 'BAD_REQUEST', 'X-API-Key'],
  ])('refuses %s', (_name, headers: Headers, url, code, field) => {
    const refused = refusal(() => requestCredentials(source(headers, url)));
    expect([refused.code, refused.field]).toEqual([code, field]);
  });

  it('ignores a subprotocol, which only an upgrade has', () => {
    expect(requestCredentials(source({ 'sec-websocket-protocol': `waybill.v1, bearer.${ENCODED}` }, '/api/v1/topics'))).toBeUndefined();
  });
});
