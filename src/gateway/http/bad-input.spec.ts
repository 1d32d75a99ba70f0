import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RestServer, startRestServer } from '../../../test/support/rest-server.js';

let server: RestServer;
beforeAll(async () => {
  server = await startRestServer({ env: { WAYBILL_FRAME_BYTES: '4096', WAYBILL_BATCH_BYTES: '65536' } });
});
afterAll(() => server.close());

const TOPIC = '/api/v1/topics/bad.input/messages';
const BATCH = '/api/v1/messages';
const json = { 'content-type': 'application/json' };

interface BadInput {
  readonly name: string;
  readonly path?: string;
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly code: string;
  readonly field?: string;
}

const nested = (levels: number): string => `{"data":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

const CASES: readonly BadInput[] = [
  { name: 'malformed JSON', body: '{"data":', status: 400, code: 'BAD_REQUEST', field: 'body' },
  { name: 'two values', body: '{"data":1}{"data":2}', status: 400, code: 'BAD_REQUEST', field: 'body' },
  { name: 'a comment in JSON', body: '{"data":1 /* one */}', status: 400, code: 'BAD_REQUEST', field: 'body' },
  { name: 'NaN', body: '{"data":NaN}', status: 400, code: 'BAD_REQUEST', field: 'body' },
  { name: '33 levels', body: nested(33), status: 400, code: 'BAD_REQUEST', field: 'body' },
  { name: '2,000 levels, more than a walk would survive', body: nested(2_000), status: 400, code: 'BAD_REQUEST', field: 'body' },
  {
    name: 'bytes that are not UTF-8',
    body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    status: 400,
    code: 'BAD_REQUEST',
    field: 'body',
  },
  { name: 'an empty body', body: '', status: 400, code: 'BAD_REQUEST', field: 'body' },
  { name: 'an array for a body', body: '[]', status: 400, code: 'BAD_REQUEST', field: 'body' },
  { name: 'null for a body', body: 'null', status: 400, code: 'BAD_REQUEST', field: 'body' },
  { name: 'text for a body', body: '"data"', status: 400, code: 'BAD_REQUEST', field: 'body' },
  { name: 'no data', body: '{"action":"a"}', status: 400, code: 'BAD_REQUEST', field: 'data' },
  { name: 'data in __proto__', body: '{"__proto__":{"data":1}}', status: 400, code: 'BAD_REQUEST', field: 'data' },
  {
    name: 'data in constructor.prototype',
    body: '{"constructor":{"prototype":{"data":1}}}',
    status: 400,
    code: 'BAD_REQUEST',
    field: 'data',
  },
  { name: 'an action that is a number', body: '{"action":7,"data":1}', status: 400, code: 'BAD_REQUEST', field: 'action' },
  { name: 'an action that is null', body: '{"action":null,"data":1}', status: 400, code: 'BAD_REQUEST', field: 'action' },
  { name: 'an empty action', body: '{"action":"","data":1}', status: 400, code: 'BAD_REQUEST', field: 'action' },
  { name: 'an action with a space', body: '{"action":"a b","data":1}', status: 400, code: 'BAD_REQUEST', field: 'action' },
  {
    name: 'an action of 65 characters',
    body: `{"action":"${'a'.repeat(65)}","data":1}`,
    status: 400,
    code: 'BAD_REQUEST',
    field: 'action',
  },
  { name: 'a reserved action', body: '{"action":"topic.publish","data":1}', status: 400, code: 'BAD_REQUEST', field: 'action' },
  { name: 'the reserved name ping', body: '{"action":"ping","data":1}', status: 400, code: 'BAD_REQUEST', field: 'action' },
  { name: 'a msg_id that is a number', body: '{"msg_id":7,"data":1}', status: 400, code: 'BAD_REQUEST', field: 'msg_id' },
  { name: 'an empty msg_id', body: '{"msg_id":"","data":1}', status: 400, code: 'BAD_REQUEST', field: 'msg_id' },
  { name: 'a msg_id of 65 characters', body: `{"msg_id":"${'m'.repeat(65)}","data":1}`, status: 400, code: 'BAD_REQUEST', field: 'msg_id' },
  { name: 'a msg_id with a NUL', body: '{"msg_id":"a\\u0000","data":1}', status: 400, code: 'BAD_REQUEST', field: 'msg_id' },
  {
    name: 'a key and a msg_id that differ',
    body: '{"msg_id":"a","data":1}',
    headers: { 'idempotency-key': 'b' },
    status: 400,
    code: 'BAD_REQUEST',
    field: 'Idempotency-Key',
  },
  {
    name: 'a key of 65 characters',
    body: '{"data":1}',
    headers: { 'idempotency-key': 'k'.repeat(65) },
    status: 400,
    code: 'BAD_REQUEST',
    field: 'Idempotency-Key',
  },
  {
    name: 'an empty key',
    body: '{"data":1}',
    headers: { 'idempotency-key': '' },
    status: 400,
    code: 'BAD_REQUEST',
    field: 'Idempotency-Key',
  },
  { name: 'a body over the limit', body: `{"data":"${'x'.repeat(5_000)}"}`, status: 413, code: 'PAYLOAD_TOO_LARGE', field: 'body' },
  {
    name: 'plain text',
    body: '{"data":1}',
    headers: { 'content-type': 'text/plain' },
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
    field: 'Content-Type',
  },
  {
    name: 'a form',
    body: 'data=1',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
    field: 'Content-Type',
  },
  {
    name: 'a content type that is none',
    body: '{"data":1}',
    headers: { 'content-type': '???' },
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
    field: 'Content-Type',
  },
  {
    name: 'UTF-16',
    body: '{"data":1}',
    headers: { 'content-type': 'application/json; charset=utf-16' },
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
    field: 'Content-Type',
  },
  {
    name: 'a topic with a space',
    path: '/api/v1/topics/a%20b/messages',
    body: '{"data":1}',
    status: 400,
    code: 'BAD_REQUEST',
    field: 'topic',
  },
  {
    name: 'a topic with an encoded slash',
    path: '/api/v1/topics/a%2Fb/messages',
    body: '{"data":1}',
    status: 400,
    code: 'BAD_REQUEST',
    field: 'topic',
  },
  {
    name: 'a topic with an encoded NUL',
    path: '/api/v1/topics/a%00/messages',
    body: '{"data":1}',
    status: 400,
    code: 'BAD_REQUEST',
    field: 'topic',
  },
  {
    name: 'a topic of 129 characters',
    path: `/api/v1/topics/${'t'.repeat(129)}/messages`,
    body: '{"data":1}',
    status: 400,
    code: 'BAD_REQUEST',
    field: 'topic',
  },
  {
    name: 'a topic that ends in a dot',
    path: '/api/v1/topics/bad./messages',
    body: '{"data":1}',
    status: 400,
    code: 'BAD_REQUEST',
    field: 'topic',
  },
  {
    name: 'a server topic that is none',
    path: '/api/v1/topics/$sys/messages',
    body: '{"data":1}',
    status: 400,
    code: 'BAD_REQUEST',
    field: 'topic',
  },
  {
    name: 'bad percent-encoding',
    path: '/api/v1/topics/%zz/messages',
    body: '{"data":1}',
    status: 400,
    code: 'BAD_REQUEST',
    field: 'path',
  },
  {
    name: 'percent-encoded bytes that are not UTF-8',
    path: '/api/v1/topics/%ff/messages',
    body: '{"data":1}',
    status: 400,
    code: 'BAD_REQUEST',
    field: 'path',
  },
  {
    name: 'a segment of 5,000 characters',
    path: `/api/v1/topics/${'t'.repeat(5_000)}/messages`,
    body: '{"data":1}',
    status: 400,
    code: 'BAD_REQUEST',
    field: 'path',
  },
  {
    name: 'a user with a control character',
    path: '/api/v1/users/a%07/messages',
    body: '{"data":1}',
    status: 400,
    code: 'BAD_REQUEST',
    field: 'user',
  },
  {
    name: 'a user of 129 characters',
    path: `/api/v1/users/${'u'.repeat(129)}/messages`,
    body: '{"data":1}',
    status: 400,
    code: 'BAD_REQUEST',
    field: 'user',
  },
  { name: 'a broadcast without data', path: '/api/v1/broadcast', body: '{}', status: 400, code: 'BAD_REQUEST', field: 'data' },
  { name: 'a batch without messages', path: BATCH, body: '{}', status: 400, code: 'BAD_REQUEST', field: 'messages' },
  { name: 'an empty batch', path: BATCH, body: '{"messages":[]}', status: 400, code: 'BAD_REQUEST', field: 'messages' },
  {
    name: 'a batch of 1,001',
    path: BATCH,
    body: `{"messages":[${'0,'.repeat(1_000)}0]}`,
    status: 400,
    code: 'BAD_REQUEST',
    field: 'messages',
  },
  {
    name: 'a batch that is an object',
    path: BATCH,
    body: '{"messages":{"length":1}}',
    status: 400,
    code: 'BAD_REQUEST',
    field: 'messages',
  },
  {
    name: 'a batch with a key',
    path: BATCH,
    body: '{"messages":[{"topic":"a","data":1}]}',
    headers: { 'idempotency-key': 'k' },
    status: 400,
    code: 'BAD_REQUEST',
    field: 'Idempotency-Key',
  },
  {
    name: 'a batch over its limit',
    path: BATCH,
    body: `{"messages":["${'x'.repeat(66_000)}"]}`,
    status: 413,
    code: 'PAYLOAD_TOO_LARGE',
    field: 'body',
  },
  { name: 'a limit of 0', method: 'GET', path: `${TOPIC}?limit=0`, status: 400, code: 'BAD_REQUEST', field: 'query.limit' },
  { name: 'a limit of 1,001', method: 'GET', path: `${TOPIC}?limit=1001`, status: 400, code: 'BAD_REQUEST', field: 'query.limit' },
  { name: 'a limit in hexadecimal', method: 'GET', path: `${TOPIC}?limit=0x10`, status: 400, code: 'BAD_REQUEST', field: 'query.limit' },
  { name: 'two limits', method: 'GET', path: `${TOPIC}?limit=1&limit=2`, status: 400, code: 'BAD_REQUEST', field: 'query.limit' },
  { name: 'a negative position', method: 'GET', path: `${TOPIC}?after=-1`, status: 400, code: 'BAD_REQUEST', field: 'query.after' },
  {
    name: 'a position beyond 2^53',
    method: 'GET',
    path: `${TOPIC}?before=9007199254740993`,
    status: 400,
    code: 'BAD_REQUEST',
    field: 'query.before',
  },
  {
    name: 'a prefix that no name has',
    method: 'GET',
    path: '/api/v1/topics?prefix=a%20b',
    status: 400,
    code: 'BAD_REQUEST',
    field: 'query.prefix',
  },
  { name: 'a wrong method', method: 'PUT', body: '{"data":1}', status: 405, code: 'METHOD_NOT_ALLOWED' },
  { name: 'a method HTTP has and we do not', method: 'PROPFIND', status: 405, code: 'METHOD_NOT_ALLOWED' },
  { name: 'a wrong path', method: 'GET', path: '/api/v1/nothing', status: 404, code: 'NOT_FOUND' },
  { name: 'an empty topic', method: 'GET', path: '/api/v1/topics//messages', status: 404, code: 'NOT_FOUND' },
  { name: 'a path above the root', path: '/api/v1/../../etc/passwd', method: 'GET', status: 404, code: 'NOT_FOUND' },
  { name: 'a topic that never was', method: 'DELETE', path: '/api/v1/topics/bad.input', status: 404, code: 'NOT_FOUND', field: 'topic' },
];

describe('bad input', () => {
  it.each(CASES)('$name: $status $code $field', async ({ path = TOPIC, method = 'POST', body, headers, status, code, field }) => {
    const answer = await server.call(method, path, body as string | undefined, { ...(body === undefined ? {} : json), ...headers });
    expect(answer).toMatchObject({ status, json: { code } });
    expect(answer.json.field).toBe(field);
    expect(answer.json.message).not.toBe('');
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await server.log.topics({ limit: 10 })).toEqual([]);
  });

  it('leaves the server in good health', async () => {
    const answer = await server.call('POST', '/api/v1/topics/good/messages', '{"data":1}');
    expect(answer).toMatchObject({ status: 201, json: { code: 'OK', data: { seq: 1 } } });
    expect(Object.prototype).not.toHaveProperty('data');
  });

  it('takes keys such as __proto__ for what they are: names in a payload', async () => {
    const payload = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
    await server.call('POST', '/api/v1/topics/proto/messages', `{"__proto__":{"polluted":true},"data":${payload}}`);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect((await server.log.read('proto', { limit: 1 })).messages[0]?.dataText).toBe(payload);
  });
});
