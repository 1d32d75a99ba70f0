import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SocketServer } from '../../../test/support/socket-server.js';
import { TestSocket } from '../../../test/support/socket.js';
import { NO_GRANTS } from '../../auth/principal.js';
import { Refusal } from '../../protocol/refusal.js';

describe('auth', () => {
  let server: SocketServer;
  beforeAll(async () => {
    server = await SocketServer.start({ env: { WAYBILL_CONNECTIONS_PER_USER: '3', WAYBILL_RESUME_WAIT_MS: '0' } });
  });
  afterAll(() => server.close());

  const anonymous = (): Promise<TestSocket> => TestSocket.connect(server.port, undefined);

  it('as the first frame opens the connection: its reply, then welcome, then what was sent behind it', async () => {
    const socket = await anonymous();
    const expiresAt = Date.now() + 3_600_000;
    socket.send({ msg_id: 'a', action: 'auth', data: { token: server.token('alice', expiresAt) } });
    socket.send({ msg_id: 'p', action: 'ping' });
    await socket.find((frame) => frame['reply_to'] === 'p');
    expect(socket.frames).toMatchObject([
      { reply_to: 'a', code: 'OK', data: { user: 'alice', roles: [], expires_at: expiresAt } },
      { action: 'welcome', data: { user: 'alice', expires_at: expiresAt } },
      { reply_to: 'p', code: 'OK' },
    ]);
    expect(await socket.request('auth', { token: server.token('bob') })).toMatchObject({ code: 'BAD_REQUEST' });
    expect(server.telemetry.of('connectionOpened').at(-1)?.[0]).toMatchObject({ user: 'alice' });
    await socket.close();
  });

  it.each<[string, string]>([
    ['another action', '{"action":"topic.subscribe","data":{"topics":[{"topic":"a.b"}]}}'],
    ['an unknown action', '{"action":"no.such"}'],
    ['no JSON', 'hello'],
  ])('must be the first frame: %s ends with 4402 and is not handled', async (_case, text) => {
    const before = server.telemetry.of('command').length;
    const socket = await anonymous();
    socket.socket.send(text);
    expect(await socket.closed).toMatchObject({ code: 4402 });
    expect(socket.frames.map((frame) => frame['action'])).toEqual(['sys.closing']);
    expect(server.telemetry.of('command')).toHaveLength(before);
    expect(server.telemetry.of('subscribed').filter(([namespace]) => namespace === 'a')).toHaveLength(0);
  });

  it('with a bad token replies, then ends with 4501; what came behind it is not handled', async () => {
    const socket = await anonymous();
    socket.send({ msg_id: 'a', action: 'auth', data: { token: 'x.y.z' } });
    socket.send({ msg_id: 'p', action: 'ping' });
    expect(await socket.closed).toMatchObject({ code: 4501 });
    expect(socket.frames).toMatchObject([
      { reply_to: 'a', code: 'UNAUTHENTICATED' },
      { action: 'sys.closing', data: { code: 4501 } },
    ]);
  });

  it('with an expired token ends with 4401', async () => {
    const authenticate = server.credentials.authenticate.bind(server.credentials);
    server.credentials.authenticate = () => Promise.reject(new Refusal('TOKEN_EXPIRED', 'the token is past its expiry'));
    const socket = await anonymous();
    socket.send({ msg_id: 'a', action: 'auth', data: { token: 'old' } });
    expect(await socket.closed).toMatchObject({ code: 4401 });
    expect(socket.frames[0]).toMatchObject({ reply_to: 'a', code: 'TOKEN_EXPIRED' });
    server.credentials.authenticate = authenticate;
  });

  it('may be tried again where the server could not tell', async () => {
    const authenticate = server.credentials.authenticate.bind(server.credentials);
    server.credentials.authenticate = () => Promise.reject(new Refusal('UNAVAILABLE', 'the key server is away', { retryAfterMs: 10 }));
    const socket = await anonymous();
    expect(await socket.request('auth', { token: 'x' })).toMatchObject({ code: 'UNAVAILABLE', retry_after_ms: 10 });
    server.credentials.authenticate = authenticate;
    expect(await socket.request('auth', { token: server.token('alice') })).toMatchObject({ code: 'OK' });
    await socket.close();
  });

  it.each([
    [undefined, 'data'],
    [[], 'data'],
    [{}, 'data.token'],
    [{ token: 7 }, 'data.token'],
  ])('names the field that is wrong: %j', async (data, field) => {
    const socket = await anonymous();
    expect(await socket.request('auth', data)).toMatchObject({ code: 'BAD_REQUEST', field });
    await socket.close();
  });

  it('of one connection too many is refused', async () => {
    const sockets = await Promise.all([1, 2, 3].map(() => server.connect('crowd')));
    const socket = await anonymous();
    socket.send({ msg_id: 'a', action: 'auth', data: { token: server.token('crowd') } });
    expect(await socket.closed).toMatchObject({ code: 4414 });
    expect(socket.frames[0]).toMatchObject({ reply_to: 'a', code: 'LIMIT_EXCEEDED' });
    await Promise.all(sockets.map((each) => each.close()));
  });
});

describe('auth.refresh', () => {
  let server: SocketServer;
  beforeAll(async () => {
    server = await SocketServer.start({ env: { WAYBILL_RESUME_WAIT_MS: '0' } });
  });
  afterAll(() => server.close());

  it('moves the expiry', async () => {
    const expiresAt = Date.now() + 900;
    const socket = await TestSocket.connect(server.port, server.token('alice', expiresAt));
    const later = Date.now() + 3_600_000;
    expect(await socket.request('auth.refresh', { token: server.token('alice', later) })).toMatchObject({
      code: 'OK',
      data: { expires_at: later },
    });
    await new Promise((resolve) => setTimeout(resolve, expiresAt - Date.now() + 200));
    expect(await socket.request('ping')).toMatchObject({ code: 'OK' });
    await socket.close();
  });

  it('takes no other user and no bad token, and leaves the connection as it was', async () => {
    const socket = await server.connect('alice');
    expect(await socket.request('auth.refresh', { token: server.token('mallory') })).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await socket.request('auth.refresh', { token: 'a.b.c' })).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await socket.request('topic.publish', { topic: 'a.b', data: 1 })).toMatchObject({ code: 'OK' });
    expect(server.only().principal.id).toBe('alice');
    await socket.close();
  });

  it('ends the subscriptions that the new token does not allow, after its reply', async () => {
    const socket = await server.connect('alice');
    await socket.request('topic.subscribe', { topics: [{ topic: 'keep.it' }, { topic: 'lose.it' }] });
    const token = server.credentials.token('alice', { ...NO_GRANTS, topics: { subscribe: ['keep.*'], publish: ['*'] } });
    await socket.request('auth.refresh', { token });
    const told = await socket.find((frame) => frame['action'] === 'topic.unsubscribed');
    expect(told['data']).toEqual({ topic: 'lose.it', code: 'PERMISSION_DENIED' });
    expect(socket.frames.at(-2)).toMatchObject({ action: 'reply' });
    for (const topic of ['lose.it', 'keep.it']) await socket.request('topic.publish', { topic, data: 1 });
    await socket.untilMessages('keep.it', 1);
    expect(socket.messages('lose.it')).toHaveLength(0);
    await socket.close();
  });
});
