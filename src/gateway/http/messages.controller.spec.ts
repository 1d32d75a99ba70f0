import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonText } from '../../../test/support/json-text.js';
import { type RestServer, startRestServer } from '../../../test/support/rest-server.js';
import { memberTexts } from '../../protocol/json-slices.js';

let server: RestServer;
beforeAll(async () => {
  server = await startRestServer({ env: { WAYBILL_FRAME_BYTES: '65536' } });
});
afterAll(() => server.close());

const messagesOf = (topic: string): string => `/api/v1/topics/${topic}/messages`;

async function stored(topic: string): Promise<readonly string[]> {
  return (await server.log.read(topic, { limit: 1_000 })).messages.map(({ dataText }) => dataText);
}

describe('POST topics/{topic}/messages', () => {
  it('answers with the position', async () => {
    const answer = await server.call('POST', messagesOf('orders.42'), '{"action":"order.submitted","data":{"id":1},"unknown":true}');
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      code: 'OK',
      message: 'OK',
      data: { topic: 'orders.42', epoch: expect.any(String), seq: 1, msg_id: expect.stringMatching(/^[0-9a-f-]{36}$/), subscribers: 0 },
      trace_id: expect.any(String),
    });
    expect((await server.log.read('orders.42', { limit: 1 })).messages[0]).toMatchObject({ action: 'order.submitted', door: 'rest' });
  });

  it.each(['null', 'false', '0', '""', '[]', '{}', '-0', '1e400', '12345678901234567890', '"\\u0000"', '"\\ud800"', '{"b":1,"a":2,"b":3}'])(
    'stores %s as it came',
    async (payload) => {
      const topic = `exact.${Buffer.from(payload).toString('hex')}`;
      expect(await server.call('POST', messagesOf(topic), `{"data":${payload}}`)).toMatchObject({ status: 201 });
      expect(await stored(topic)).toEqual([payload]);
      const { text } = await server.call('GET', messagesOf(topic));
      expect(text).toContain(`"data":${payload}}]`);
    },
  );

  it('stores any JSON as it came and gives it back byte by byte', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(jsonText, async (payload) => {
        const topic = `any.${(run += 1)}`;
        const answer = await server.call('POST', messagesOf(topic), `{ "data" : ${payload} , "msg_id" : "m" }`);
        expect(answer.status, answer.text).toBe(201);
        const { text } = await server.call('GET', messagesOf(topic));
        const envelope = (memberTexts(memberTexts(text).get('data') ?? '').get('messages') ?? '').slice(1, -1);
        expect(memberTexts(envelope).get('data')).toBe(payload.trim());
      }),
      { numRuns: 60 },
    );
  });

  it('takes a payload of nearly the limit', async () => {
    const payload = `"${'ä'.repeat(32_000)}"`;
    expect(await server.call('POST', messagesOf('large'), `{"data":${payload}}`)).toMatchObject({ status: 201 });
    expect(await stored('large')).toEqual([payload]);
  });

  it('keeps the last of equal keys, as JSON.parse does', async () => {
    await server.call('POST', messagesOf('twice'), '{"data":1,"data":{"second":true}}');
    expect(await stored('twice')).toEqual(['{"second":true}']);
  });

  it('recognises a repeat by Idempotency-Key or msg_id, and a conflict', async () => {
    const publish = (body: string, headers = {}) => server.call('POST', messagesOf('repeat'), body, headers);
    const first = await publish('{"data":1}', { 'idempotency-key': 'order-1' });
    const again = await publish('{"msg_id":"order-1","data":1}', { 'idempotency-key': 'order-1' });
    const other = await publish('{"msg_id":"order-1","data":2}');
    expect(first.json.data).toMatchObject({ seq: 1, msg_id: 'order-1' });
    expect(first.json.data).not.toHaveProperty('duplicate');
    expect(again.json.data).toMatchObject({ seq: 1, msg_id: 'order-1', duplicate: true });
    expect(other).toMatchObject({ status: 409, json: { code: 'CONFLICT' } });
    expect(await stored('repeat')).toEqual(['1']);
  });

  it.each([
    ['a user who may', { topics: { subscribe: [], publish: ['chat.*'] } }, 'chat.lobby', 201, 'OK'],
    ['a user who may not', { topics: { subscribe: ['chat.*'], publish: [] } }, 'chat.lobby', 403, 'PERMISSION_DENIED'],
    ['a wildcard on a user topic', { topics: { subscribe: [], publish: ['*'] } }, '$user.bob', 403, 'PERMISSION_DENIED'],
    ['a wildcard on $all', { topics: { subscribe: [], publish: ['*'] } }, '$all', 403, 'PERMISSION_DENIED'],
  ])('asks the core for the rights of %s', async (_name, grants, topic, status, code) => {
    const authorization = `Bearer ${server.credentials.token('alice', grants)}`;
    expect(await server.call('POST', messagesOf(topic), '{"data":1}', { authorization })).toMatchObject({ status, json: { code } });
  });
});

describe('POST users/{user}/messages and POST broadcast', () => {
  it('sends to a user whose id needs escapes', async () => {
    const answer = await server.call('POST', `/api/v1/users/${encodeURIComponent('zoë/1 %')}/messages`, '{"data":"psst"}');
    expect(answer).toMatchObject({ status: 201, json: { data: { topic: '$user.zo~c3~ab~2f1~20~25', seq: 1 } } });
  });

  it('takes a user id of 128 characters of four bytes', async () => {
    const answer = await server.call('POST', `/api/v1/users/${encodeURIComponent('🙂'.repeat(128))}/messages`, '{"data":1}');
    expect(answer.status).toBe(201);
  });

  it('needs the right to send to users', async () => {
    const may = server.credentials.token('alice', { users: { send: ['bob'] } });
    const to = (user: string) => server.call('POST', `/api/v1/users/${user}/messages`, '{"data":1}', { authorization: `Bearer ${may}` });
    expect(await to('bob')).toMatchObject({ status: 201 });
    expect(await to('carol')).toMatchObject({ status: 403, json: { code: 'PERMISSION_DENIED', rule: expect.any(String) } });
  });

  it('sends to everyone', async () => {
    expect(await server.call('POST', '/api/v1/broadcast', '{"data":1}')).toMatchObject({
      status: 201,
      json: { data: { topic: '$all', seq: 1 } },
    });
    const authorization = `Bearer ${server.credentials.token('alice')}`;
    expect(await server.call('POST', '/api/v1/broadcast', '{"data":1}', { authorization })).toMatchObject({ status: 403 });
  });
});

describe('POST messages', () => {
  const batch = (messages: string, headers = {}) => server.call('POST', '/api/v1/messages', `{"messages":[${messages}]}`, headers);
  const itemsOf = (answer: Awaited<ReturnType<typeof batch>>) => (answer.json.data as { items: readonly Record<string, unknown>[] }).items;

  it('gives each message its own result, in the order given', async () => {
    await server.call('POST', messagesOf('batch.a'), '{"msg_id":"taken","data":"old"}');
    const answer = await batch(
      [
        '{"topic":"batch.a","data":1.0}',
        '{"topic":"batch.b","data":{"x":[1, 2]},"action":"b"}',
        '{"topic":"no good","data":1}',
        '{"topic":"batch.a"}',
        '{"topic":"batch.a","data":"old","msg_id":"taken"}',
        '{"topic":"batch.a","data":"new","msg_id":"taken"}',
        'null',
        `{"topic":"batch.a","data":"${'x'.repeat(65_536)}"}`,
        '{"topic":"batch.a","data":2}',
      ].join(' , '),
    );
    expect(answer.status).toBe(200);
    expect(itemsOf(answer)).toMatchObject([
      { code: 'OK', topic: 'batch.a', seq: 2 },
      { code: 'OK', topic: 'batch.b', seq: 1 },
      { code: 'BAD_REQUEST', field: 'messages[2].topic', retry: 'never' },
      { code: 'BAD_REQUEST', field: 'messages[3].data' },
      { code: 'OK', topic: 'batch.a', seq: 1, duplicate: true },
      { code: 'CONFLICT' },
      { code: 'BAD_REQUEST', field: 'messages[6]' },
      { code: 'PAYLOAD_TOO_LARGE', field: 'messages[7]' },
      { code: 'OK', topic: 'batch.a', seq: 3 },
    ]);
    expect(await stored('batch.a')).toEqual(['"old"', '1.0', '2']);
    expect(await stored('batch.b')).toEqual(['{"x":[1, 2]}']);
  });

  it('waits for room for its items, in order, where the node’s queue is shorter than the batch', async () => {
    const narrow = await startRestServer({ env: { WAYBILL_PUBLISH_QUEUE: '7' } });
    const messages = Array.from({ length: 300 }, (_, index) => `{"topic":"batch.narrow","data":${index}}`).join(',');
    const answer = await narrow.call('POST', '/api/v1/messages', `{"messages":[${messages}]}`);
    expect(itemsOf(answer).map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    await narrow.close();
  });

  it('keeps the order within a topic over 1,000 messages, in a body over the limit of a single one', async () => {
    const payloads = Array.from({ length: 1_000 }, (_, index) => `{"n":${index},"pad":"${'.'.repeat(80)}"}`);
    const answer = await batch(payloads.map((payload) => `{"topic":"batch.order","data":${payload}}`).join(','));
    expect(itemsOf(answer).map(({ seq }) => seq)).toEqual(payloads.map((_, index) => index + 1));
    expect(await stored('batch.order')).toEqual(payloads);
  });

  it('refuses single messages for want of rights and stores the others', async () => {
    const authorization = `Bearer ${server.credentials.token('alice', { topics: { subscribe: [], publish: ['mine.*'] } })}`;
    const answer = await batch('{"topic":"mine.a","data":1},{"topic":"yours.a","data":1}', { authorization });
    expect(itemsOf(answer)).toMatchObject([{ code: 'OK' }, { code: 'PERMISSION_DENIED' }]);
    expect(await stored('yours.a')).toEqual([]);
  });
});
