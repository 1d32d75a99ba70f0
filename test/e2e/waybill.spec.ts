import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { type RestAnswer, startGateway, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

interface Explanation {
  readonly answer: string;
  readonly outcome: string;
  readonly steps: readonly { readonly step: string; readonly result: string; readonly detail: string }[];
}

const SECRET_WORDS = 'nobody but bob may read this';

let gateway: TestGateway;

const get = (path: string, headers: Record<string, string> = {}): Promise<RestAnswer> =>
  gateway.rest('GET', `/api/v1/${path}`, undefined, headers);
const data = async <T>(path: string): Promise<T> => {
  const { status, body } = await get(path);
  expect(body.message).toBe('OK');
  expect(status).toBe(200);
  return body.data;
};
const publish = async (path: string, body: object): Promise<{ readonly topic: string; readonly epoch: string; readonly seq: number }> => {
  const answer = await gateway.rest('POST', `/api/v1/${path}`, body);
  expect(answer.status).toBe(201);
  return answer.body.data;
};
const explain = (query: string): Promise<Explanation> => data(`ops/explain?${query}`);
const cli = (...argv: readonly string[]): CommandLine =>
  new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', gateway.apiKey, ...argv]);

async function connect(user: string, topics: readonly object[] = [], grants?: object): Promise<TestSocket> {
  const socket = await TestSocket.connect(gateway.port, await gateway.token(user, grants));
  if (topics.length > 0) await socket.request('topic.subscribe', { topics });
  return socket;
}

const welcomeOf = (socket: TestSocket) =>
  (socket.frames[0] as { readonly data: { readonly connection_id: string; readonly ref: string } }).data;

beforeAll(async () => {
  gateway = await startGateway({
    file: {
      messaging: {
        namespaces: {
          live: { durable: false, buffer_length: 2 },
          quiet: { ledger: 'off' },
          short: { history_length: 2 },
          open: { subscribe: 'anyone', publish: 'anyone' },
        },
      },
    },
  });
  await publish('topics/orders.1/messages', { action: 'order.submitted', data: { n: 1 }, msg_id: 'twice' });
  await publish('topics/orders.2/messages', { action: 'order.submitted', data: { n: 2 }, msg_id: 'twice' });
  await publish('topics/orders.1/messages', { action: 'order.paid', data: SECRET_WORDS, msg_id: 'once' });
});
afterAll(() => gateway.stop());

/** What is asked, and how it is refused: the status, the code, the field and words of the sentence. */
const REFUSED: readonly [string, string, number, string, string, string][] = [
  ['an unknown id', 'ops/messages/never-seen/waybill', 404, 'NOT_FOUND', 'msg_id', 'no message with this id is in the log'],
  ['an id of another topic', 'ops/messages/once/waybill?topic=orders.2', 404, 'NOT_FOUND', 'msg_id', 'in orders.2'],
  ['an id that is too long', `ops/messages/${'x'.repeat(65)}/waybill`, 400, 'BAD_REQUEST', 'msg_id', 'at most 64 characters'],
  ['an unknown topic', 'ops/topics/no.such/messages/1/waybill', 404, 'NOT_FOUND', 'topic', 'nothing has been published to no.such'],
  ['a place beyond the head', 'ops/topics/orders.1/messages/99/waybill', 404, 'NOT_FOUND', 'seq', 'has no message 99 yet; its last is 2'],
  ['another epoch', 'ops/topics/orders.1/messages/1/waybill?epoch=zzzz', 404, 'NOT_FOUND', 'epoch', 'the epoch of this topic is'],
  ['a number that is none', 'ops/topics/orders.1/messages/one/waybill', 400, 'BAD_REQUEST', 'seq', 'number of a message'],
  ['the number zero', 'ops/topics/orders.1/messages/0/waybill', 400, 'BAD_REQUEST', 'seq', 'number of a message'],
  ['a huge number', 'ops/topics/orders.1/messages/99999999999999999999/waybill', 400, 'BAD_REQUEST', 'seq', ''],
  ['no topic name', 'ops/topics/a..b/messages/1/waybill', 400, 'BAD_REQUEST', 'topic', 'not a topic name'],
  ['a broken cursor', 'ops/topics/orders.1/messages/1/waybill?cursor=nonsense', 400, 'BAD_REQUEST', 'cursor', ''],
  ['an unknown outcome', 'ops/topics/orders.1/messages/1/waybill?outcome=lost', 400, 'BAD_REQUEST', 'query.outcome', ''],
  ['an unknown parameter', 'ops/topics/orders.1/messages/1/waybill?colour=red', 400, 'BAD_REQUEST', 'query.colour', 'no such parameter'],
  ['explain: no user', 'ops/explain?topic=orders.1&seq=1', 400, 'BAD_REQUEST', 'query.user', ''],
  ['explain: no user id', 'ops/explain?user=a%0Ab&topic=orders.1&seq=1', 400, 'BAD_REQUEST', 'query.user', 'not a user id'],
  ['explain: nothing named', 'ops/explain?user=bob', 400, 'BAD_REQUEST', 'query.topic', 'name a topic'],
  ['explain: both id and number', 'ops/explain?user=bob&msg_id=once&seq=1', 400, 'BAD_REQUEST', 'query.msg_id', 'leave out seq'],
  ['explain: an epoch alone', 'ops/explain?user=bob&topic=orders.1&epoch=e', 400, 'BAD_REQUEST', 'query.epoch', 'goes with seq'],
  [
    'explain: an id that two have',
    'ops/explain?user=bob&msg_id=twice',
    400,
    'BAD_REQUEST',
    'query.msg_id',
    '2 messages have this id: orders.2 1 by key:bootstrap; orders.1 1',
  ],
  ['explain: beyond the head', 'ops/explain?user=bob&topic=orders.1&seq=3', 404, 'NOT_FOUND', 'seq', 'its last is 2'],
  ['recipients of no topic', 'ops/recipients', 400, 'BAD_REQUEST', 'query.topic', ''],
  [
    'a key that does not exist',
    'ops/recipients?topic=orders.1&publisher=key:nobody',
    404,
    'NOT_FOUND',
    '',
    'no API key in use is named nobody',
  ],
];

describe('a question that cannot be answered', () => {
  it.each(REFUSED)('says why: %s', async (_name, path, status, code, field, words) => {
    const answer = await get(path);
    expect([answer.status, answer.body.code, answer.body.field ?? '']).toEqual([status, code, field]);
    expect(answer.body.message).toContain(words);
  });

  it('is for operators', async () => {
    const token = await gateway.token('bob');
    for (const path of [
      'ops/topics/orders.1/messages/1/waybill',
      'ops/messages/once/waybill',
      'ops/explain?user=bob&topic=orders.1&seq=1',
      'ops/recipients?topic=orders.1',
    ])
      expect((await get(path, { authorization: `Bearer ${token}` })).status).toBe(403);
  });

  it('gets exit code 1 from the command line, and 2 where nothing was asked', async () => {
    const refused = cli('message', 'never-seen');
    expect(await refused.exit).toBe(1);
    expect(refused.err).toContain('no message with this id is in the log');
    for (const argv of [['message'], ['message', '--seq', '1'], ['why', '--user', 'bob'], ['why', '--topic', 'orders.1']])
      expect(await cli(...argv).exit).toBe(2);
  });
});

describe('a waybill', () => {
  it('by an id that several messages have names each of them', async () => {
    const { candidates } = await data<{ candidates: readonly Record<string, string>[] }>('ops/messages/twice/waybill');
    expect(candidates).toMatchObject([
      { publisher: 'key:bootstrap', topic: 'orders.2', seq: 1 },
      { publisher: 'key:bootstrap', topic: 'orders.1', seq: 1 },
    ]);
    for (const { waybill, topic } of candidates)
      expect(await data(String(waybill).slice('/api/v1/'.length))).toMatchObject({
        position: { topic, seq: 1 },
        message: { msg_id: 'twice' },
      });
    expect(await data('ops/messages/twice/waybill?topic=orders.2')).toMatchObject({ position: { topic: 'orders.2' } });
    const line = cli('message', 'twice');
    expect(await line.exit).toBe(0);
    expect(line.err).toContain('2 messages have this id');
    expect(line.out).toMatch(/ orders\.1 +1 .* key:bootstrap/);
  });

  it('holds the payload only for admins who ask for it, and that is recorded', async () => {
    const path = 'ops/topics/orders.1/messages/2/waybill';
    expect(JSON.stringify(await data(path))).not.toContain(SECRET_WORDS);
    const before = (await data<{ items: unknown[] }>('ops/audit?action=message.payload')).items.length;
    expect(await data(`${path}?payload=true`)).toMatchObject({ message: { data: SECRET_WORDS } });
    const { items } = await data<{ items: readonly Record<string, unknown>[] }>('ops/audit?action=message.payload');
    expect(items.length).toBe(before + 1);
    expect(items[0]).toMatchObject({ actor: 'key:bootstrap', target: 'orders.1/2', result: 'OK' });

    const made = await gateway.rest('POST', '/api/v1/auth/keys', { name: 'viewer', scopes: ['ops'] });
    const { key } = made.body.data as { key: string };
    const refused = await get(`${path}?payload=true`, { authorization: `Bearer ${key}` });
    expect([refused.status, refused.body.rule]).toEqual([403, 'waybill.payload']);
    expect((await get(path, { authorization: `Bearer ${key}` })).status).toBe(200);
  });

  it('says by which door, from where and on which connection a message came', async () => {
    const pia = await connect('pia');
    await pia.request('topic.publish', { topic: 'orders.3', action: 'order.submitted', data: 1 });
    const { connection_id: id, ref } = welcomeOf(pia);
    const origin = { publisher: 'pia', door: 'socket', address: '127.0.0.1', connection_id: id, ref };
    expect(await data('ops/topics/orders.3/messages/1/waybill')).toMatchObject({ origin });
    await pia.close();
    expect(await data('ops/topics/orders.3/messages/1/waybill')).toMatchObject({ origin });
    expect(await data('ops/messages/once/waybill')).toMatchObject({
      origin: { publisher: 'key:bootstrap', door: 'rest', address: '127.0.0.1' },
    });
    const line = cli('message', '--topic', 'orders.3', '--seq', '1');
    expect(await line.exit).toBe(0);
    expect(line.out).toContain(`by pia (socket, 127.0.0.1, connection ${ref}), accepted 20`);
    expect(line.out).toContain('Nobody was subscribed.');
  });

  it('of a message to one user names the user, without any connection of theirs', async () => {
    const { topic, seq } = await publish('users/zoe/messages', { action: 'hello', data: 1 });
    expect(topic).toBe('$user.zoe');
    const path = `ops/topics/${encodeURIComponent(topic)}/messages/${seq}/waybill`;
    expect(await data(path)).toMatchObject({ totals: { not_subscribed: 1 }, recipients: [{ user: 'zoe', outcome: 'not_subscribed' }] });
    const zoe = await TestSocket.connect(gateway.port, await gateway.token('zoe'));
    await zoe.request('resume', { topics: [{ topic, epoch: 'none', seq: 0 }] });
    const { answer, outcome } = await explain(`user=zoe&topic=${encodeURIComponent(topic)}&seq=${seq}`);
    expect([outcome, answer]).toEqual([
      'not_subscribed',
      expect.stringContaining('zoe was not subscribed to $user.zoe when it was stored'),
    ]);
    await zoe.close();
  });

  it('of a message to everybody has the receipts of those who were there', async () => {
    const two = await Promise.all(['all-1', 'all-2'].map((user) => connect(user)));
    const { seq } = await publish('broadcast', { action: 'notice', data: 1 });
    for (const socket of two) await socket.untilMessages('$all', 1);
    const { recipients } = await data<{ recipients: readonly { user: string; outcome: string }[] }>(
      `ops/topics/%24all/messages/${seq}/waybill`,
    );
    for (const user of ['all-1', 'all-2']) expect(recipients).toContainEqual(expect.objectContaining({ user, outcome: 'written' }));
    for (const socket of two) await socket.close();
  });

  it('of an ephemeral message says where it is, and what is recorded when it is not there any more', async () => {
    const dan = await connect('dan', [{ topic: 'live.1' }]);
    const { epoch } = await publish('topics/live.1/messages', { action: 'tick', data: 1 });
    await dan.untilMessages('live.1', 1);
    expect(await data('ops/topics/live.1/messages/1/waybill')).toMatchObject({
      position: { epoch, state: 'stored' },
      message: { action: 'tick' },
      totals: { written: 1 },
    });
    for (const n of [2, 3, 4]) await publish('topics/live.1/messages', { action: 'tick', data: n });
    await dan.untilMessages('live.1', 4);
    expect(await data('ops/topics/live.1/messages/1/waybill')).toMatchObject({
      position: { state: 'not_buffered' },
      message: null,
      totals: { written: 1 },
    });
    expect(await explain('user=dan&topic=live.1&seq=1')).toMatchObject({ outcome: 'written' });
    // It stands nowhere any more; the marks of the node say when it was, and that this node has lost nothing since.
    expect(await explain('user=bob&topic=live.1&seq=1')).toMatchObject({
      outcome: 'not_subscribed',
      answer: expect.stringContaining('bob was not subscribed to live.1'),
    });
    await dan.close();
  });

  it('of a message past its retention has what was recorded; without records it is gone', async () => {
    const eli = await connect('eli', [{ topic: 'short.1' }]);
    for (const n of [1, 2, 3, 4]) await publish('topics/short.1/messages', { action: 'tick', data: n });
    await eli.untilMessages('short.1', 4);
    expect(await data('ops/topics/short.1/messages/1/waybill')).toMatchObject({
      position: { state: 'expired', head: 4 },
      message: null,
      totals: { written: 1 },
    });
    expect(await explain('user=eli&topic=short.1&seq=1')).toMatchObject({ outcome: 'written' });
    expect(await explain('user=bob&topic=short.1&seq=1')).toMatchObject({
      outcome: 'unknown',
      answer: expect.stringContaining('past its retention (history begins at 3)'),
    });
    for (const n of [1, 2, 3]) await publish('topics/short.2/messages', { action: 'tick', data: n });
    const gone = await get('ops/topics/short.2/messages/1/waybill');
    expect([gone.status, gone.body.code]).toEqual([410, 'HISTORY_GONE']);
    expect(gone.body.message).toContain('history begins at 2');
    await eli.close();
  });

  it('of a topic that began again is found by its epoch', async () => {
    const fay = await connect('fay', [{ topic: 'orders.9' }]);
    const { epoch } = await publish('topics/orders.9/messages', { action: 'tick', data: 1 });
    await fay.untilMessages('orders.9', 1);
    await gateway.rest('DELETE', '/api/v1/topics/orders.9');
    await publish('topics/orders.9/messages', { action: 'tick', data: 2 });
    await expect
      .poll(async () => (await data<{ position: object }>('ops/topics/orders.9/messages/1/waybill')).position)
      .not.toMatchObject({ epoch });
    expect(await data(`ops/topics/orders.9/messages/1/waybill?epoch=${epoch}`)).toMatchObject({
      message: null,
      position: { state: 'earlier_epoch' },
      totals: { written: 1 },
    });
    expect(await explain(`user=fay&topic=orders.9&seq=1&epoch=${epoch}`)).toMatchObject({ outcome: 'written' });
    await fay.close();
  });

  it('of a namespace without a ledger says so', async () => {
    const gus = await connect('gus', [{ topic: 'quiet.1' }]);
    await publish('topics/quiet.1/messages', { action: 'tick', data: 1 });
    await gus.untilMessages('quiet.1', 1);
    expect(await data('ops/topics/quiet.1/messages/1/waybill')).toMatchObject({ ledger: 'off', totals: {}, recipients: [] });
    expect(await explain('user=gus&topic=quiet.1&seq=1')).toMatchObject({
      outcome: 'unknown',
      answer: expect.stringContaining('keeps no receipts'),
    });
    const line = cli('message', '--topic', 'quiet.1', '--seq', '1');
    expect(await line.exit).toBe(0);
    expect(line.err).toContain('keeps no receipts');
    await gus.close();
  });

  it('has a user once for each connection', async () => {
    const tabs = [await connect('hal', [{ topic: 'orders.7' }]), await connect('hal', [{ topic: 'orders.7', ack: true }])];
    await publish('topics/orders.7/messages', { action: 'tick', data: 1 });
    for (const tab of tabs) await tab.untilMessages('orders.7', 1);
    tabs[1]?.send({ action: 'topic.ack', data: { topic: 'orders.7', seq: 1 } });
    await tabs[1]?.request('ping');
    const { recipients } = await data<{
      recipients: readonly { user: string; outcome: string; connection_id: string; acked_by?: number }[];
    }>('ops/topics/orders.7/messages/1/waybill');
    expect(recipients.map(({ user, outcome }) => `${user} ${outcome}`).toSorted()).toEqual(['hal acked', 'hal written']);
    expect(new Set(recipients.map(({ connection_id: id }) => id)).size).toBe(2);
    const [acked, written] = ['acked', 'written'].map((wanted) => recipients.find(({ outcome }) => outcome === wanted));
    expect(Math.abs((acked?.acked_by ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(written).not.toHaveProperty('acked_by');
    const { outcome, steps } = await explain('user=hal&topic=orders.7&seq=1');
    expect(outcome).toBe('acked');
    expect(steps.find(({ step, result }) => step === 'ack' && result === 'acked')?.detail).toMatch(/up to message 1, by 20\d\d-/);
    const line = cli('message', '--topic', 'orders.7', '--seq', '1');
    expect(await line.exit).toBe(0);
    expect(line.out).toMatch(/hal .* acked by 20\d\d-/);
    for (const tab of tabs) await tab.close();
  });
});

describe('whether a topic reaches somebody now', () => {
  it('is told with the rule that decides', async () => {
    const ivy = await connect('ivy', [{ topic: 'orders.5' }], { topics: { subscribe: ['orders.*'] } });
    const jon = await connect('jon', [], { topics: { subscribe: ['chat.*'] } });
    expect(await explain('user=ivy&topic=orders.5')).toMatchObject({
      outcome: 'receives',
      answer: expect.stringContaining('subscribed on'),
    });
    expect(await explain('user=ivy&topic=orders.6')).toMatchObject({
      outcome: 'not_subscribed',
      answer: expect.stringContaining('may receive orders.6, but does not now'),
    });
    expect(await explain('user=jon&topic=orders.5')).toMatchObject({
      outcome: 'refused',
      answer: expect.stringContaining('claims.topics.subscribe does not cover it'),
    });
    expect(await explain('user=kai&topic=orders.5')).toMatchObject({
      outcome: 'unknown',
      answer: expect.stringContaining('There is no record of a user named kai'),
    });
    expect(await explain('user=kai&topic=open.1')).toMatchObject({ outcome: 'not_subscribed' });
    expect(await explain('user=ivy&topic=%24user.jon')).toMatchObject({
      outcome: 'refused',
      answer: expect.stringContaining('own $user topic'),
    });
    const line = cli('why', '--user', 'ivy', '--topic', 'orders.5');
    expect(await line.exit).toBe(0);
    expect(line.out).toMatch(/^ivy, orders\.5: RECEIVES\n\nivy receives what is published to orders\.5 now/);
    for (const socket of [ivy, jon]) await socket.close();
  });

  it('a dry run names every connection that would get a publish, and who may publish', async () => {
    const sockets = await Promise.all(['lea', 'lea', 'max'].map((user) => connect(user, [{ topic: 'orders.6', ack: user === 'max' }])));
    const poor = await connect('poor', [], { topics: { subscribe: [] } });
    const dry = await data<{ items: readonly Record<string, unknown>[] }>('ops/recipients?topic=orders.6');
    expect(dry).toMatchObject({ total: 3, users: 2, namespace_ledger: 'receipts' });
    expect(dry.items.map(({ user, acknowledges, slow, joining }) => [user, acknowledges, slow, joining]).toSorted()).toEqual([
      ['lea', false, false, false],
      ['lea', false, false, false],
      ['max', true, false, false],
    ]);
    const first = await data<{ items: readonly unknown[]; next: string }>('ops/recipients?topic=orders.6&limit=2');
    const second = await data<{ items: readonly unknown[]; next?: string }>(`ops/recipients?topic=orders.6&limit=2&cursor=${first.next}`);
    expect([...first.items, ...second.items]).toEqual(dry.items);
    expect(second.next).toBeUndefined();
    const may = async (publisher: string, topic = 'orders.6') =>
      (await data<{ may_publish: { allowed?: boolean; rule: string } }>(`ops/recipients?topic=${topic}&user=max&publisher=${publisher}`))
        .may_publish;
    expect(await may('lea')).toMatchObject({ allowed: true, rule: 'claims.topics.publish' });
    expect(await may('poor')).toMatchObject({ allowed: false, rule: 'claims.topics.publish' });
    expect(await may('poor', 'open.1')).toMatchObject({ allowed: true, rule: 'namespace.open.publish' });
    expect(await may('key:bootstrap')).toMatchObject({ allowed: true, rule: 'scope.publish' });
    expect((await may('stranger')).allowed).toBeUndefined();
    for (const socket of [...sockets, poor]) await socket.close();
  });
});
