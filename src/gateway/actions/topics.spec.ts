import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SocketServer } from '../../../test/support/socket-server.js';
import { TestSocket } from '../../../test/support/socket.js';

describe('actions on topics', () => {
  let server: SocketServer;
  beforeAll(async () => {
    server = await SocketServer.start({
      env: { WAYBILL_RESUME_WAIT_MS: '0', WAYBILL_TOPICS_PER_CONNECTION: '3', WAYBILL_PRESENCE_COALESCE_MS: '0' },
    });
  });
  afterAll(() => server.close());

  const OVER = Number.MAX_SAFE_INTEGER + 1;
  it.each<[string, unknown, string]>([
    ['topic.subscribe', undefined, 'data'],
    ['topic.subscribe', 'a.b', 'data'],
    ['topic.subscribe', { topics: 'a.b' }, 'data.topics'],
    ['topic.subscribe', { topics: ['a.b'] }, 'data.topics[0]'],
    ['topic.subscribe', { topics: [{ topic: 'a.b' }, { topic: 7 }] }, 'data.topics[1].topic'],
    ['topic.subscribe', { topics: [{ topic: 'a..b' }] }, 'data.topics[0].topic'],
    ['topic.subscribe', { topics: [{ topic: 'a.*' }] }, 'data.topics[0].topic'],
    ['topic.subscribe', { topics: [{ topic: 'a.b' }, { topic: 'a.b' }] }, 'data.topics[1].topic'],
    ['topic.subscribe', { topics: [{ topic: 'a.b', seq: 1 }] }, 'data.topics[0].epoch'],
    ['topic.subscribe', { topics: [{ topic: 'a.b', epoch: 'e' }] }, 'data.topics[0].seq'],
    ['topic.subscribe', { topics: [{ topic: 'a.b', epoch: 'e', seq: '5' }] }, 'data.topics[0].seq'],
    ['topic.subscribe', { topics: [{ topic: 'a.b', epoch: 'e', seq: OVER }] }, 'data.topics[0].seq'],
    ['topic.subscribe', { topics: [{ topic: 'a.b', epoch: 'e', seq: -1 }] }, 'data.topics[0].seq'],
    ['topic.subscribe', { topics: [{ topic: 'a.b', ack: 'yes' }] }, 'data.topics[0].ack'],
    ['resume', { topics: [null] }, 'data.topics[0]'],
    ['topic.unsubscribe', { topics: [{}] }, 'data.topics[0].topic'],
    ['topic.unsubscribe', {}, 'data.topics'],
    ['topic.publish', { data: 1 }, 'data.topic'],
    ['topic.publish', { topic: 'a.b' }, 'data.data'],
    ['topic.publish', { topic: 'a.b', data: 1, action: 7 }, 'data.action'],
    ['topic.publish', { topic: 'a.b', data: 1, action: 'topic.gap' }, 'data.action'],
    ['topic.ack', { topic: 'a.b' }, 'data.seq'],
    ['topic.ack', { topic: 'a.b', seq: 1.5 }, 'data.seq'],
    ['topic.history', { topic: 'a.b', limit: 0 }, 'data.limit'],
    ['topic.history', { topic: 'a.b', limit: 1001 }, 'data.limit'],
    ['topic.history', { topic: 'a.b', after: '3' }, 'data.after'],
    ['topic.presence', {}, 'data.topic'],
    ['user.send', { user: '', data: 1 }, 'data.user'],
    ['user.send', { user: 'a\u0000b', data: 1 }, 'data.user'],
    ['user.send', { user: 'bob' }, 'data.data'],
  ])('%s names the field that is wrong: %j -> %s', async (action, data, field) => {
    const socket = await server.connect();
    expect(await socket.request(action, data)).toMatchObject({ code: 'BAD_REQUEST', field });
    await socket.close();
  });

  it('topic.subscribe answers per topic; one refusal does not spoil the others', async () => {
    const grants = { topics: { subscribe: ['chat.*'], publish: ['*'] } };
    const socket = await TestSocket.connect(server.port, server.credentials.token('carol', grants));
    const topics = ['chat.1', 'secret.1', 'chat.2', 'chat.3', 'chat.4'].map((topic) => ({ topic }));
    const reply = await socket.request('topic.subscribe', { topics });
    expect(reply).toMatchObject({
      code: 'OK',
      data: {
        topics: [
          { topic: 'chat.1', code: 'OK', head: 0, count: 0 },
          { topic: 'secret.1', code: 'PERMISSION_DENIED', message: expect.any(String) as string },
          { topic: 'chat.2', code: 'OK' },
          { topic: 'chat.3', code: 'OK' },
          { topic: 'chat.4', code: 'LIMIT_EXCEEDED' },
        ],
      },
    });
    await socket.close();
  });

  it('topic.subscribe with a position brings what was missed between its reply and what is new', async () => {
    const alice = await server.connect('alice');
    for (let index = 1; index <= 3; index += 1) await alice.request('topic.publish', { topic: 'log.a', data: index });
    const { data } = await alice.request('topic.history', { topic: 'log.a', limit: 1 });
    const { epoch } = data as { epoch: string };
    const bob = await server.connect('bob');
    const subscribing = bob.request('topic.subscribe', { topics: [{ topic: 'log.a', epoch, seq: 1 }] });
    alice.send({ action: 'topic.publish', data: { topic: 'log.a', data: 4 } });
    const reply = await subscribing;
    expect(reply['data']).toMatchObject({ topics: [{ recovered: true }] });
    await bob.untilMessages('log.a', 3);
    expect(bob.messages('log.a').map((message) => message['seq'])).toEqual([2, 3, 4]);
    expect(bob.frames.indexOf(reply)).toBeLessThan(bob.frames.indexOf(bob.messages('log.a')[0] as never));
    await alice.close();
    await bob.close();
  });

  it('topic.unsubscribe ends what comes, named by text or as in a subscribe', async () => {
    const socket = await server.connect();
    await socket.request('topic.subscribe', { topics: [{ topic: 'u.a' }, { topic: 'u.b' }] });
    expect(await socket.request('topic.unsubscribe', { topics: ['u.a', { topic: 'u.b' }, 'u.never'] })).toMatchObject({ code: 'OK' });
    for (const topic of ['u.a', 'u.b']) await socket.request('topic.publish', { topic, data: 1 });
    expect([socket.messages('u.a'), socket.messages('u.b')]).toEqual([[], []]);
    await socket.close();
  });

  it('topic.publish passes the payload through as it was written, to subscribers and to history', async () => {
    const socket = await server.connect();
    const texts: string[] = [];
    socket.socket.on('message', (data) => texts.push((data as Buffer).toString()));
    await socket.request('topic.subscribe', { topics: [{ topic: 'raw.a' }] });
    const payload = '{"big":12345678901234567890,"e":1.0e2,"esc":"\\u0000\\ud800","b":1,"a":[ ],"b":2}';
    socket.socket.send(`{"action":"topic.publish","msg_id":"raw","data":{"data":0,"topic":"raw.a","data": ${payload} }}`);
    expect(await socket.find((frame) => frame['reply_to'] === 'raw')).toMatchObject({ code: 'OK', data: { seq: 1, msg_id: 'raw' } });
    await socket.untilMessages('raw.a', 1);
    await socket.request('topic.history', { topic: 'raw.a' });
    expect(texts.filter((text) => text.includes(`"data":${payload}`))).toHaveLength(2);
    await socket.close();
  });

  it('topic.publish repeated with its msg_id answers the first position and says so; another body is a conflict', async () => {
    const socket = await server.connect();
    const data = { topic: 'idem.a', data: { n: 1 } };
    const first = await socket.request('topic.publish', data, 'same');
    socket.frames.length = 0;
    const again = await socket.request('topic.publish', data, 'same');
    expect(again['data']).toEqual({ ...(first['data'] as object), duplicate: true });
    socket.frames.length = 0;
    expect(await socket.request('topic.publish', { ...data, data: 2 }, 'same')).toMatchObject({ code: 'CONFLICT' });
    await socket.close();
  });

  it('topic.publish keeps the order in which publishes were sent, many at once', async () => {
    const socket = await server.connect();
    await socket.request('topic.subscribe', { topics: [{ topic: 'order.a' }] });
    for (let index = 1; index <= 200; index += 1)
      socket.send({ msg_id: `o${index}`, action: 'topic.publish', data: { topic: 'order.a', data: index } });
    const messages = await socket.untilMessages('order.a', 200);
    expect(messages.map((message) => [message['seq'], message['data']])).toEqual(
      Array.from({ length: 200 }, (_, index) => [index + 1, index + 1]),
    );
    await socket.close();
  });

  it('topic.publish needs the right, and says which rule refused', async () => {
    const socket = await TestSocket.connect(server.port, server.credentials.token('guest'));
    expect(await socket.request('topic.publish', { topic: 'a.b', data: 1 })).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('publish') as string,
    });
    expect(await socket.request('topic.publish', { topic: '$all', data: 1 })).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await socket.request('user.send', { user: 'alice', data: 1 })).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await socket.request('topic.history', { topic: '$user.alice' })).toMatchObject({ code: 'PERMISSION_DENIED' });
    await socket.close();
  });

  it('topic.ack is answered when asked for or wrong', async () => {
    const socket = await server.connect();
    await socket.request('topic.subscribe', { topics: [{ topic: 'ack.a', ack: true }] });
    await socket.request('topic.publish', { topic: 'ack.a', data: 1 });
    await socket.untilMessages('ack.a', 1);
    socket.send({ action: 'topic.ack', data: { topic: 'ack.a', seq: 1 } });
    expect(await socket.request('topic.ack', { topic: 'ack.a', seq: 1 })).toMatchObject({ code: 'OK' });
    expect(await socket.request('topic.ack', { topic: 'ack.a', seq: 2 })).toMatchObject({ code: 'BAD_REQUEST' });
    expect(socket.frames.filter((frame) => frame['action'] === 'reply' && frame['reply_to'] === undefined)).toEqual([]);
    expect(server.telemetry.of('acknowledged').at(-1)).toEqual(['ack', 1]);
    await socket.close();
  });

  it('topic.presence lists members', async () => {
    const [alice, bob] = [await server.connect('alice'), await server.connect('bob')];
    for (const socket of [alice, bob]) await socket.request('topic.subscribe', { topics: [{ topic: 'room.a' }] });
    const { data } = await alice.request('topic.presence', { topic: 'room.a' });
    expect(data).toMatchObject({
      topic: 'room.a',
      users: 2,
      connections: 2,
      members: [{ user: 'alice' }, { user: 'bob', connection_id: expect.any(String) as string }],
    });
    await alice.close();
    await bob.close();
  });

  it('ping gives back what it got', async () => {
    const socket = await server.connect();
    expect((await socket.request('ping', { a: 1 }))['data']).toEqual({ a: 1, server_time: expect.any(Number) as number });
    expect((await socket.request('ping', 'text'))['data']).toEqual({ data: 'text', server_time: expect.any(Number) as number });
    expect((await socket.request('ping'))['data']).toEqual({ server_time: expect.any(Number) as number });
    await socket.close();
  });
});

describe('server topics', () => {
  let server: SocketServer;
  beforeAll(async () => {
    server = await SocketServer.start({ env: { WAYBILL_RESUME_WAIT_MS: '400' } });
  });
  afterAll(() => server.close());

  it('miss nothing that is published after welcome, though they wait for resume', async () => {
    const [alice, bob] = [await server.connect('alice'), await server.connect('bob')];
    await alice.request('user.send', { user: 'bob', action: 'note', data: 1 });
    await alice.request('topic.publish', { topic: '$all', data: 'everybody' });
    expect(bob.messages('$user.bob')).toHaveLength(0);
    await bob.untilMessages('$user.bob', 1);
    await bob.untilMessages('$all', 1);
    expect(bob.messages('$user.bob')).toMatchObject([{ action: 'note', data: 1 }]);
    await alice.close();
    await bob.close();
  });

  it('go on from where resume says, at once, and only once', async () => {
    const alice = await server.connect('alice');
    const sent = await alice.request('user.send', { user: 'dora', data: 1 });
    await alice.request('user.send', { user: 'dora', data: 2 });
    const { epoch, topic } = sent['data'] as { epoch: string; topic: string };
    const dora = await server.connect('dora');
    await alice.request('user.send', { user: 'dora', data: 3 });
    const began = performance.now();
    const reply = await dora.request('resume', {
      topics: [
        { topic, epoch, seq: 1 },
        { topic: 'room.b', epoch, seq: 0 },
      ],
    });
    expect(reply['data']).toMatchObject({
      topics: [
        { topic, code: 'OK', recovered: true },
        { topic: 'room.b', code: 'OK' },
      ],
    });
    await dora.untilMessages(topic, 2);
    await alice.request('topic.publish', { topic: '$all', data: 'at once' });
    await dora.untilMessages('$all', 1);
    expect(performance.now() - began).toBeLessThan(350);
    await new Promise((resolve) => setTimeout(resolve, 450));
    await alice.request('user.send', { user: 'dora', data: 4 });
    await dora.untilMessages(topic, 3);
    expect(dora.messages(topic).map((message) => message['data'])).toEqual([2, 3, 4]);
    await alice.close();
    await dora.close();
  });

  it('of nobody else can be had', async () => {
    const mallory = await server.connect('mallory');
    const reply = await mallory.request('resume', { topics: [{ topic: '$user.alice', epoch: 'e', seq: 0 }] });
    expect(reply['data']).toMatchObject({ topics: [{ topic: '$user.alice', code: 'PERMISSION_DENIED' }] });
    await mallory.close();
  });
});
