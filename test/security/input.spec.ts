import { createSecretKey } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, TEST_JWT_SECRET, type RestAnswer, type TestGateway } from '../support/gateway.js';
import { RawHttp } from '../support/raw-http.js';
import { type Frame, TestSocket } from '../support/socket.js';
import { signToken } from '../support/tokens.js';

const TOPICS_LIMIT = 128;

let gateway: TestGateway;
let alice: TestSocket;

beforeAll(async () => {
  gateway = await startGateway({ env: { WAYBILL_BAD_FRAME_STRIKES: '1000', WAYBILL_ACCEPT_LAG_MS: '0' } });
  alice = await TestSocket.connect(gateway.port, await gateway.token('alice'));
});
afterAll(async () => {
  alice.socket.terminate();
  await gateway.stop();
});

let frames = 0;
/** Sends text as it stands, with `MSG` for a msg_id of its own, and answers the reply. */
async function raw(text: string, socket: TestSocket = alice): Promise<Frame> {
  frames += 1;
  const msgId = `raw-${frames}`;
  socket.socket.send(text.replaceAll('MSG', msgId));
  return socket.find((frame) => frame['action'] === 'reply' && frame['reply_to'] === msgId);
}

/** The next reply that can name no request, since the frame could not be read. */
async function unmatched(text: string): Promise<Frame> {
  const before = alice.frames.length;
  alice.socket.send(text);
  return alice.find((frame) => alice.frames.indexOf(frame) >= before && frame['action'] === 'reply' && frame['reply_to'] === undefined);
}

const messagesOf = async (topic: string): Promise<readonly Frame[]> => {
  const answer = await gateway.rest('GET', `/api/v1/topics/${topic}/messages`);
  return (answer.body.data as { messages?: readonly Frame[] } | undefined)?.messages ?? [];
};
const post = (topic: string, body: unknown, headers?: Record<string, string>): Promise<RestAnswer> =>
  gateway.rest('POST', `/api/v1/topics/${topic}/messages`, body, headers);

describe('subscriptions', () => {
  it('S39 end at the limit, in one frame or in many', async () => {
    const socket = await TestSocket.connect(gateway.port, await gateway.token('greedy'));
    const names = Array.from({ length: 1_000 }, (_, n) => `flood.t${n}`);
    const first = await socket.request('topic.subscribe', { topics: names.map((topic) => ({ topic })) });
    const results = (first['data'] as { topics?: readonly Frame[] } | undefined)?.topics ?? [];
    const taken = results.filter((result) => result['code'] === 'OK').length;
    // All or some of a frame may be refused, but never more than the limit taken.
    expect(taken).toBeLessThanOrEqual(TOPICS_LIMIT);
    for (let batch = 0; batch < 90; batch += 1) {
      socket.send({
        action: 'topic.subscribe',
        data: { topics: Array.from({ length: 100 }, (_, n) => ({ topic: `flood.${batch}-${n}` })) },
      });
    }
    await socket.request('ping');
    const list = await gateway.rest('GET', '/api/v1/ops/connections?user=greedy');
    const [seen] = (list.body.data as { items: readonly { topics: readonly string[] }[] }).items;
    expect(seen?.topics.filter((topic) => topic.startsWith('flood')).length).toBe(TOPICS_LIMIT);
    expect((await socket.request('topic.subscribe', { topics: [{ topic: 'flood.last' }] }))['data']).toMatchObject({
      topics: [{ code: 'LIMIT_EXCEEDED' }],
    });
    socket.socket.terminate();
  });

  it.each([
    ['a name of 4 KB', 'a'.repeat(4_096)],
    ['a name of 129 characters', 'a'.repeat(129)],
    ['a wildcard', 'orders.*'],
    ['a wildcard alone', '*'],
    ['a wildcard of another kind', 'orders.>'],
    ['another wildcard', 'orders.#'],
    ['a pattern', 'orders.[a-z]'],
    ['an empty segment', 'a..b'],
    ['a control character', 'a\u0000b'],
    ['a letter that looks like another', 'οrders.1'],
    ['a server topic of nobody', '$secret'],
    ['nothing', ''],
  ])('S39 do not take %s', async (_what, topic) => {
    const reply = await alice.request('topic.subscribe', { topics: [{ topic }] });
    expect(JSON.stringify(reply)).toMatch(/BAD_REQUEST/);
    expect((await gateway.rest('GET', `/api/v1/topics/${encodeURIComponent(topic)}`)).status).toBeGreaterThanOrEqual(400);
  });
});

describe('depth', () => {
  const inside = (open: string, times: number, close: string): string => `${open.repeat(times)}1${close.repeat(times)}`;
  const deep: readonly (readonly [string, string])[] = [
    ['objects, 5,000 deep', inside('{"a":', 5_000, '}')],
    ['lists, 30,000 deep', inside('[', 30_000, ']')],
    ['lists that never end', '['.repeat(60_000)],
    ['objects that never end', '{"a":'.repeat(12_000)],
    ['33 levels', inside('[', 33, ']')],
  ];
  it.each(deep)('S41 of %s is refused on a socket', async (_what, text) => {
    expect(await unmatched(text)).toMatchObject({ code: 'BAD_REQUEST', field: 'frame' });
    expect(await unmatched(`{"action":"topic.publish","data":{"topic":"deep.a","data":${text}}}`)).toMatchObject({ code: 'BAD_REQUEST' });
    expect(await alice.request('ping')).toMatchObject({ code: 'OK' });
  });

  it.each(deep)('S41 of %s is refused by REST, batches included', async (_what, text) => {
    expect((await post('deep.a', `{"data":${text}}`)).body.code).toBe('BAD_REQUEST');
    expect((await gateway.rest('POST', '/api/v1/messages', `{"messages":[{"topic":"deep.a","data":${text}}]}`)).body.code).toBe(
      'BAD_REQUEST',
    );
    expect((await gateway.rest('POST', '/api/v1/auth/tokens', `{"user":${text}}`)).body.code).toBe('BAD_REQUEST');
    expect(await messagesOf('deep.a')).toEqual([]);
  });

  it('S41 within the limit passes', async () => {
    expect((await post('deep.fine', `{"data":${inside('[', 20, ']')}}`)).status).toBe(201);
  });
});

describe('prototypes', () => {
  const POLLUTION = '"__proto__":{"admin":true,"topics":{"publish":["*"]}},"constructor":{"prototype":{"admin":true}}';
  const clean = (): void => {
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    expect(({} as Record<string, unknown>)['topics']).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  };

  it('S42 stay as they are, whatever a frame holds', async () => {
    for (const action of ['ping', 'topic.publish', 'topic.subscribe', 'topic.history', 'resume', 'auth.refresh']) {
      await raw(
        `{"msg_id":"MSG","action":"${action}","data":{${POLLUTION},"topic":"proto.a","data":{${POLLUTION}},"topics":[{${POLLUTION}}]}}`,
      );
      clean();
    }
    await raw(`{${POLLUTION},"msg_id":"MSG","action":"ping"}`);
    clean();
  });

  it('S42 stay as they are, whatever a body holds, and payloads pass as text', async () => {
    const payload = `{${POLLUTION}}`;
    expect((await post('proto.b', `{"data":${payload},${POLLUTION}}`)).status).toBe(201);
    const response = await fetch(`http://127.0.0.1:${gateway.port}/api/v1/topics/proto.b/messages`, {
      headers: { authorization: `Bearer ${gateway.apiKey}` },
    });
    expect(await response.text()).toContain(`"data":${payload}`);
    for (const query of ['__proto__=1', 'constructor[prototype][admin]=1', '__proto__[admin]=true']) {
      await gateway.rest('GET', `/api/v1/topics?${query}`);
    }
    clean();
  });

  it('S42 grant nothing: rights in __proto__ of a body or a token count for nobody', async () => {
    const minted = await gateway.rest('POST', '/api/v1/auth/tokens', '{"user":"mallory","__proto__":{"topics":{"publish":["*"]}}}');
    expect(minted.body).toMatchObject({ code: 'BAD_REQUEST' });
    const forged = await signToken({
      key: createSecretKey(Buffer.from(TEST_JWT_SECRET)),
      claims: JSON.parse('{"sub":"mallory","__proto__":{"topics":{"publish":["*"]},"broadcast":true}}') as Record<string, unknown>,
    });
    expect((await post('proto.c', { data: 1 }, { authorization: `Bearer ${forged}` })).body.code).toBe('PERMISSION_DENIED');
    expect(await messagesOf('proto.c')).toEqual([]);
  });

  it('S42 name no action and no option', async () => {
    for (const action of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
      expect(await alice.request(action)).toMatchObject({ code: 'UNKNOWN_ACTION' });
    }
  });
});

describe('a number', () => {
  const odd = ['9007199254740993', '1e400', '-0.5', '-1', '"5"', '1.5', 'true', '[1]', '{}', '1e-400'];
  it.each(odd.filter((value) => value !== '1e-400'))('S43 %s is no position on a socket', async (value) => {
    for (const data of [
      `{"topic":"num.a","after":${value}}`,
      `{"topic":"num.a","before":${value}}`,
      `{"topic":"num.a","limit":${value}}`,
    ]) {
      expect(await raw(`{"msg_id":"MSG","action":"topic.history","data":${data}}`)).toMatchObject({ code: 'BAD_REQUEST' });
    }
    expect(
      JSON.stringify(
        await raw(`{"msg_id":"MSG","action":"topic.subscribe","data":{"topics":[{"topic":"num.a","epoch":"e","seq":${value}}]}}`),
      ),
    ).toContain('BAD_REQUEST');
    expect(await raw(`{"msg_id":"MSG","action":"topic.ack","data":{"topic":"num.a","seq":${value}}}`)).toMatchObject({
      code: 'BAD_REQUEST',
    });
  });

  it.each(['9007199254740993', '1e400', '-1', '1.5', '0x10', '1e3', ' 5', '+5', '٥', 'NaN', 'Infinity', '', '5,6', '99999999999999999999'])(
    'S43 "%s" is no position in a query',
    async (value) => {
      const answer = await gateway.rest('GET', `/api/v1/topics/num.a/messages?after=${encodeURIComponent(value)}`);
      expect(answer.body.code).toBe('BAD_REQUEST');
    },
  );

  it('S43 in a payload stays as exact as it came', async () => {
    const payload = '{"big":9007199254740993,"huge":1e400,"zero":-0,"long":0.1000000000000000055511151231257827}';
    await alice.request('topic.subscribe', { topics: [{ topic: 'num.exact' }] });
    const texts: string[] = [];
    alice.socket.on('message', (data) => texts.push((data as Buffer).toString()));
    expect((await post('num.exact', `{"data":${payload}}`)).status).toBe(201);
    await alice.untilMessages('num.exact', 1);
    expect(texts.find((text) => text.includes('num.exact'))).toContain(`"data":${payload}`);
  });

  it.each(['"600"', '1e400', '-5', '0', '1.5', '9007199254740993'])('S43 %s is no life of a token', async (ttl) => {
    expect((await gateway.rest('POST', '/api/v1/auth/tokens', `{"user":"n","ttl_s":${ttl}}`)).body.code).toBe('BAD_REQUEST');
  });
});

describe('a member named twice', () => {
  let limited: TestSocket;
  let token: string;
  beforeAll(async () => {
    token = await gateway.token('twice', { topics: { subscribe: ['open.*'], publish: ['open.*'] } });
    limited = await TestSocket.connect(gateway.port, token);
  });
  afterAll(() => limited.socket.terminate());

  it.each([
    ['open.a', 'closed.a', 'PERMISSION_DENIED'],
    ['closed.a', 'open.a', 'OK'],
  ])('S44 counts by its last: topic %s, then %s is %s', async (first, second, code) => {
    const text = `{"msg_id":"MSG","action":"topic.publish","data":{"topic":"${first}","topic":"${second}","data":"twice"}}`;
    expect((await raw(text, limited))['code']).toBe(code);
    expect(await messagesOf('closed.a')).toEqual([]);
  });

  it('S44 counts by its last in payloads, ids and actions, for storage as for delivery', async () => {
    await limited.request('topic.subscribe', { topics: [{ topic: 'open.b' }] });
    const text =
      '{"msg_id":"no","msg_id":"MSG","action":"ping","action":"topic.publish","data":{"topic":"open.b","data":1,"action":"one","action":"two","data":2}}';
    const reply = await raw(text, limited);
    expect(reply).toMatchObject({ code: 'OK', data: { msg_id: reply['reply_to'] } });
    const [delivered] = await limited.untilMessages('open.b', 1);
    const [stored] = await messagesOf('open.b');
    for (const message of [delivered, stored]) expect(message).toMatchObject({ data: 2, action: 'two', msg_id: reply['reply_to'] });
    const viaRest = await post('open.b', '{"data":3,"data":4,"msg_id":"x","msg_id":"last"}');
    expect(viaRest.body.data).toMatchObject({ msg_id: 'last' });
    expect((await messagesOf('open.b')).at(-1)).toMatchObject({ data: 4 });
  });

  it('S44 counts by its last in escaped spelling too', async () => {
    const text = '{"msg_id":"MSG","action":"topic.publish","data":{"topic":"open.c","t\\u006fpic":"closed.c","data":1}}';
    expect((await raw(text, limited))['code']).toBe('PERMISSION_DENIED');
    expect([await messagesOf('open.c'), await messagesOf('closed.c')]).toEqual([[], []]);
  });

  it('S44 grants no right that its last does not', async () => {
    const minted = await gateway.rest(
      'POST',
      '/api/v1/auth/tokens',
      '{"user":"root","user":"twice-minted","broadcast":true,"broadcast":false}',
    );
    const { token: mintedToken } = minted.body.data as { token: string };
    expect((await gateway.rest('POST', '/api/v1/broadcast', { data: 1 }, { authorization: `Bearer ${mintedToken}` })).body.code).toBe(
      'PERMISSION_DENIED',
    );
  });
});

describe('rights', () => {
  let mallory: TestSocket;
  let authorization: string;
  beforeAll(async () => {
    const token = await gateway.token('mallory', { topics: { subscribe: ['mine.*'], publish: ['mine.*'] } });
    authorization = `Bearer ${token}`;
    mallory = await TestSocket.connect(gateway.port, token);
    await post('theirs.a', { data: 'for others' });
    await gateway.rest('POST', '/api/v1/users/bob/messages', { data: 'for bob' });
  });
  afterAll(() => mallory.socket.terminate());

  it.each<[string, string, unknown]>([
    ['a publish', 'topic.publish', { topic: 'theirs.a', data: 1 }],
    ['history', 'topic.history', { topic: 'theirs.a' }],
    ['presence', 'topic.presence', { topic: 'theirs.a' }],
    ["history of another's $user topic", 'topic.history', { topic: '$user.bob' }],
    ["a publish to another's $user topic", 'topic.publish', { topic: '$user.bob', data: 1 }],
    ['a publish to everyone', 'topic.publish', { topic: '$all', data: 1 }],
    ['a direct message', 'user.send', { user: 'bob', data: 1 }],
  ])('S45 are asked for with %s', async (_what, action, data) => {
    const reply = await mallory.request(action, data);
    expect(reply['code']).toBe('PERMISSION_DENIED');
    expect(JSON.stringify(reply)).not.toContain('for others');
  });

  it.each(['topic.subscribe', 'resume'])('S45 are asked for with every topic of %s', async (action) => {
    const { epoch } = (await gateway.rest('GET', '/api/v1/topics/theirs.a')).body.data as { epoch: string };
    const topics = ['theirs.a', '$user.bob', '$user.MALLORY', 'mine', 'mineral.a', 'Mine.a'].map((topic) => ({ topic, epoch, seq: 0 }));
    const reply = await mallory.request(action, { topics: [...topics, { topic: 'mine.a' }] });
    const results = (reply['data'] as { topics: readonly Frame[] }).topics;
    expect(results.map((result) => result['code'])).toEqual([...topics.map(() => 'PERMISSION_DENIED'), 'OK']);
    await post('theirs.a', { data: 'live, for others' });
    await post('mine.a', { data: 'live, for mallory' });
    await mallory.untilMessages('mine.a', 1);
    expect(mallory.messages('theirs.a')).toEqual([]);
    expect(JSON.stringify(mallory.frames)).not.toContain('for bob');
    await mallory.request('topic.unsubscribe', { topics: ['mine.a'] });
  });

  it('S45 are asked for by each item of a batch and each resource of REST', async () => {
    const before = (await messagesOf('theirs.a')).length;
    const batch = await gateway.rest(
      'POST',
      '/api/v1/messages',
      {
        messages: [
          { topic: 'theirs.a', data: 1 },
          { topic: 'mine.b', data: 2 },
        ],
      },
      { authorization },
    );
    expect((batch.body.data as { items: readonly Frame[] }).items.map((item) => item['code'])).toEqual(['PERMISSION_DENIED', 'OK']);
    for (const [method, path] of [
      ['GET', '/api/v1/topics/theirs.a/messages'],
      ['GET', '/api/v1/topics/theirs.a'],
      ['GET', '/api/v1/topics/theirs.a/presence'],
      ['GET', '/api/v1/topics/$user.bob/messages'],
      ['GET', '/api/v1/topics'],
      ['DELETE', '/api/v1/topics/mine.b'],
      ['GET', '/api/v1/ops/connections'],
      ['POST', '/api/v1/auth/tokens'],
    ] as const) {
      const answer = await gateway.rest(method, path, method === 'POST' ? { user: 'bob' } : undefined, { authorization });
      expect([path, answer.body.code]).toEqual([path, 'PERMISSION_DENIED']);
      expect(JSON.stringify(answer.body)).not.toContain('for others');
    }
    expect(await messagesOf('theirs.a')).toHaveLength(before);
  });

  it("S45 of another's session are not to be had: whatever `session` a resume names, the token's user counts", async () => {
    const bob = await TestSocket.connect(gateway.port, await gateway.token('bob'));
    const welcome = bob.frames[0]?.['data'] as Frame;
    for (const session of [welcome['connection_id'], welcome['ref'], 'bob']) {
      await mallory.request('resume', { session, user: 'bob', topics: [{ topic: '$user.bob', epoch: 'x', seq: 0 }] });
    }
    await gateway.rest('POST', '/api/v1/users/bob/messages', { data: 'again for bob' });
    await bob.untilMessages('$user.bob', 1);
    await mallory.request('ping');
    expect(JSON.stringify(mallory.frames)).not.toContain('again for bob');
    bob.socket.terminate();
  });
});

describe('strings that mean something elsewhere', () => {
  const STRINGS = [
    "'; DROP TABLE waybill.message; --",
    "' OR '1'='1",
    '"; SELECT pg_sleep(5); --',
    '$(touch /tmp/waybill-injected)',
    '`id`',
    '; cat /etc/passwd',
    '<script>alert(1)</script>',
    '{{7*7}}${7*7}#{7*7}',
    '../../../../etc/passwd',
    '%00%0d%0aSet-Cookie:a=b',
    '{"$gt":""}',
    '\\x00\\u0027',
    '\u202etxt.exe',
    'İıſﬃ😀\ufeff',
    '=cmd|/C calc!A1',
  ];

  it.each(STRINGS)('S46 %j passes as payload, unchanged', async (text) => {
    const msgId = text.slice(0, 64);
    const answer = await post('inject.a', { data: { text }, ...(/^[^\p{Cc}\p{Cf}]+$/u.test(msgId) && { msg_id: msgId }) });
    expect(answer.status).toBe(201);
    const { seq } = answer.body.data as { seq: number };
    expect((await messagesOf('inject.a')).find((message) => message['seq'] === seq)).toMatchObject({ data: { text } });
  });

  it.each(STRINGS)('S46 %j has no effect as topic, user, cursor or id', async (text) => {
    const encoded = encodeURIComponent(text);
    for (const path of [
      `topics/${encoded}/messages`,
      `topics?prefix=${encoded}`,
      `topics?cursor=${encoded}`,
      `ops/connections?user=${encoded}`,
      `ops/connections/${encoded}`,
    ]) {
      const answer = await gateway.rest('GET', `/api/v1/${path}`);
      expect(answer.status, path).toBeLessThan(500);
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
    const reply = await alice.request('user.send', { user: text, data: 1 });
    expect(['OK', 'BAD_REQUEST']).toContain(reply['code']);
  });

  it.each<readonly [string, string, unknown]>([
    ['DELETE', 'devices/%00', undefined],
    ['GET', 'devices/a%00b', undefined],
    ['POST', 'devices/%00/disable', undefined],
    ['DELETE', 'auth/blocks/%00', undefined],
    ['DELETE', 'ops/operators/%00', undefined],
    ['GET', 'auth/blocks?user=%00', undefined],
    ['GET', 'auth/revocations?user=%00', undefined],
    ['GET', 'devices?cursor=%00', undefined],
    ['GET', 'ops/audit?actor=%00', undefined],
    ['GET', 'ops/refusals?user=%00', undefined],
    ['POST', 'auth/revocations', { user: 'a', reason: '\0' }],
    ['POST', 'auth/revocations', { token_id: '\0' }],
    ['POST', 'auth/blocks', { user: '\0' }],
    ['POST', 'auth/blocks', { user: 'a', reason: 'x\0' }],
    ['POST', 'auth/tokens', { user: 'a', roles: ['\0'] }],
    ['POST', 'devices', { id: 'nul', kind: 'hmac', roles: ['\0'] }],
    ['POST', 'devices', { id: 'nul', kind: 'hmac', user: '\0' }],
    ['POST', 'ops/operators', { name: 'nul', role: 'viewer', password: 'correct horse \0 staple' }],
    ['PATCH', 'ops/settings', { set: {}, comment: '\0' }],
  ])('S46 %s %s with U+0000, which Postgres takes in no text, is malformed and no defect: %j', async (method, path, body) => {
    const answer = await gateway.rest(method, `/api/v1/${path}`, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'BAD_REQUEST']);
  });

  it('S46 leave every table in its place', async () => {
    const client = new pg.Client({ connectionString: gateway.database.url });
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'waybill'",
    );
    await client.end();
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(['api_key']));
    expect(rows.length).toBeGreaterThan(3);
    expect(await messagesOf('inject.a')).toHaveLength(STRINGS.length);
  });
});

describe('the public port', () => {
  it.each([
    '/metrics',
    '/readyz',
    '/livez',
    '/health',
    '/healthz/details',
    '/debug',
    '/debug/pprof',
    '/json/list',
    '/.env',
    '/.git/config',
    '/package.json',
    '/dist/main.js',
    '/node_modules/ws/package.json',
    '/waybill.yaml',
    '/.waybill/api-key',
    '/../.waybill/api-key',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/api/docs/../../package.json',
    '/api/docs/..%2f..%2fpackage.json',
    '/graphql',
    '/swagger',
    '/actuator',
    '/server-status',
  ])('S50 has no %s', async (path) => {
    const http = RawHttp.open(gateway.port);
    http.send(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer ${gateway.apiKey}\r\n\r\n`);
    expect(await http.untilEnd()).toMatch(/^HTTP\/1\.1 4(?:00|04) /);
  });

  it('S50 says no more than that it lives, and not what it is made of', async () => {
    const alive = await fetch(`http://127.0.0.1:${gateway.port}/healthz`);
    expect(await alive.json()).toEqual({ status: 'ok' });
    const nowhere = await fetch(`http://127.0.0.1:${gateway.port}/nowhere`);
    for (const { headers } of [alive, nowhere]) {
      expect([headers.get('server'), headers.get('x-powered-by'), headers.get('via')]).toEqual([null, null, null]);
    }
    expect(await nowhere.text()).not.toMatch(/fastify|nest|node_modules|\.js:\d/i);
  });

  it('S50 leaves the metrics to a port of their own, on loopback unless told otherwise', async () => {
    expect((await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).status).toBe(200);
    expect(gateway.opsPort).not.toBe(gateway.port);
  });
});
