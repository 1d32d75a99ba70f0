import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RestServer, startRestServer } from '../../../test/support/rest-server.js';

let server: RestServer;
beforeAll(async () => {
  server = await startRestServer({ env: { WAYBILL_NAMESPACES: '{"quiet":{"presence":false}}' } });
  for (const topic of ['chat.lobby', 'chat.side', 'orders.1']) {
    for (let n = 1; n <= 3; n += 1) await server.call('POST', `/api/v1/topics/${topic}/messages`, `{"msg_id":"${n}","data":${n}.0}`);
  }
});
afterAll(() => server.close());

const get = (path: string, headers = {}) => server.call('GET', `/api/v1/topics${path}`, undefined, headers);
const as = (user: string, subscribe: readonly string[]) => ({
  authorization: `Bearer ${server.credentials.token(user, { topics: { subscribe, publish: [] } })}`,
});

describe('GET topics', () => {
  it('lists topics with their ends', async () => {
    expect((await get('')).json.data).toEqual({
      items: ['chat.lobby', 'chat.side', 'orders.1'].map((topic) => ({
        topic,
        epoch: expect.any(String),
        head: 3,
        floor: 0,
        last_at: expect.any(Number),
      })),
      as_of: expect.any(Number),
    });
  });

  it('pages by cursor', async () => {
    const names: string[] = [];
    let next: string | undefined = '';
    while (next !== undefined) {
      const { items, next: cursor } = (await get(`?limit=1${next === '' ? '' : `&cursor=${next}`}`)).json.data as {
        items: { topic: string }[];
        next?: string;
      };
      expect(items).toHaveLength(1);
      names.push(...items.map(({ topic }) => topic));
      next = cursor;
    }
    expect(names).toEqual(['chat.lobby', 'chat.side', 'orders.1']);
  });

  it('filters by prefix', async () => {
    expect((await get('?prefix=chat.')).json.data).toMatchObject({ items: [{ topic: 'chat.lobby' }, { topic: 'chat.side' }] });
  });

  it('is for keys', async () => {
    expect(await get('', as('alice', ['*']))).toMatchObject({ status: 403 });
  });
});

describe('GET topics/{topic}', () => {
  it('tells the ends, of a topic without messages too', async () => {
    expect((await get('/chat.lobby')).json.data).toEqual({ topic: 'chat.lobby', epoch: expect.any(String), head: 3, floor: 0 });
    expect((await get('/chat.new')).json.data).toMatchObject({ topic: 'chat.new', head: 0, floor: 0 });
  });

  it('asks for the right to read', async () => {
    expect(await get('/chat.lobby', as('alice', ['chat.*']))).toMatchObject({ status: 200 });
    expect(await get('/chat.lobby', as('alice', ['orders.*']))).toMatchObject({ status: 403, json: { code: 'PERMISSION_DENIED' } });
  });
});

describe('GET topics/{topic}/messages', () => {
  it('answers history with payloads as they were written', async () => {
    const answer = await get('/chat.lobby/messages');
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('vary')).toBe('Origin, Accept');
    const { epoch } = answer.json.data as { epoch: string };
    expect(answer.json.data).toEqual({
      epoch,
      head: 3,
      messages: [1, 2, 3].map((seq) => ({
        version: '1',
        msg_id: String(seq),
        timestamp: expect.any(Number),
        action: 'message',
        topic: 'chat.lobby',
        epoch,
        seq,
        data: seq,
      })),
    });
    expect(answer.text).toContain('"data":1.0}');
    expect(answer.json.trace_id).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each([
    ['?after=1', [2, 3]],
    ['?before=3', [1, 2]],
    ['?after=1&before=3', [2]],
    ['?limit=2', [1, 2]],
    ['?before=4&limit=1', [3]],
    ['?after=3', []],
  ])('reads %s', async (query, seqs) => {
    const { messages } = (await get(`/chat.lobby/messages${query}`)).json.data as { messages: { seq: number }[] };
    expect(messages.map(({ seq }) => seq)).toEqual(seqs);
  });

  it('asks for the right to read', async () => {
    expect(await get('/chat.lobby/messages', as('alice', ['chat.lobby']))).toMatchObject({ status: 200 });
    expect(await get('/chat.side/messages', as('alice', ['chat.lobby']))).toMatchObject({ status: 403 });
    expect(await get('/$user.bob/messages', as('alice', ['*']))).toMatchObject({ status: 403 });
    expect(await get('/$user.alice/messages', as('alice', []))).toMatchObject({ status: 200 });
  });

  it.each(['application/json', '*/*', 'text/html', 'image/png', 'text/event-stream;q=0.1, application/json'])(
    'answers JSON to Accept: %s',
    async (accept) => {
      expect((await get('/chat.lobby/messages', { accept })).headers.get('content-type')).toBe('application/json; charset=utf-8');
    },
  );
});

describe('GET topics/{topic}/presence', () => {
  it('lists nobody where nobody is', async () => {
    expect((await get('/chat.lobby/presence')).json.data).toEqual({ users: 0, connections: 0, members: [] });
  });

  it('lists those who are subscribed', async () => {
    const abort = new AbortController();
    const headers = { accept: 'text/event-stream', ...as('alice', ['chat.*']) };
    const stream = await fetch(`http://127.0.0.1:${server.port}/api/v1/topics/chat.lobby/messages`, { headers, signal: abort.signal });
    expect((await get('/chat.lobby/presence')).json.data).toMatchObject({
      users: 1,
      connections: 1,
      members: [{ user: 'alice', connection_id: expect.any(String), node: expect.any(String), joined_at: expect.any(Number) }],
    });
    abort.abort();
    await stream.text().catch(() => undefined);
    await expect.poll(async () => (await get('/chat.lobby/presence')).json.data).toMatchObject({ users: 0 });
  });

  it('says which option turned it off', async () => {
    expect(await get('/quiet.place/presence')).toMatchObject({
      status: 404,
      json: { code: 'NOT_FOUND', message: expect.stringContaining('presence') },
    });
  });
});

describe('DELETE topics/{topic}', () => {
  it('removes the log, and a later publish begins a new epoch', async () => {
    const publish = async () =>
      (await server.call('POST', '/api/v1/topics/gone/messages', '{"data":1}')).json.data as { epoch: string; seq: number };
    const before = await publish();
    expect(await server.call('DELETE', '/api/v1/topics/gone')).toMatchObject({
      status: 200,
      json: { data: { topic: 'gone', deleted: true } },
    });
    const after = await publish();
    expect(after.seq).toBe(1);
    expect(after.epoch).not.toBe(before.epoch);
  });

  it('needs a key with the scope ops', async () => {
    const authorization = `Bearer ${server.credentials.key('read', 'publish', 'tokens')}`;
    expect(await server.call('DELETE', '/api/v1/topics/chat.lobby', undefined, { authorization })).toMatchObject({ status: 403 });
    expect((await get('/chat.lobby')).json.data).toMatchObject({ head: 3 });
  });
});
