import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SocketServer } from '../../../test/support/socket-server.js';
import { type Frame, TestSocket } from '../../../test/support/socket.js';
import { GatewayControl } from '../../messaging/gateway-control.js';

interface TopicAnswer {
  readonly topic: string;
  readonly code: string;
  readonly head?: number;
  readonly recovered?: boolean;
  readonly count?: number;
}

const sessionOf = (socket: TestSocket): string => (welcomeOf(socket)['session'] as string | undefined) ?? 'none';
const connectionOf = (socket: TestSocket): string => welcomeOf(socket)['connection_id'] as string;
const welcomeOf = (socket: TestSocket): Frame => socket.frames.find(({ action }) => action === 'welcome')?.['data'] as Frame;
const topicsOf = (reply: Frame): readonly TopicAnswer[] => (reply['data'] as { topics: readonly TopicAnswer[] }).topics;
const answerFor = (reply: Frame, topic: string): TopicAnswer | undefined => topicsOf(reply).find((answer) => answer.topic === topic);
const seqsOf = (socket: TestSocket, topic: string): readonly unknown[] => socket.messages(topic).map(({ seq }) => seq);

describe('the session of a connection that ended', () => {
  let server: SocketServer;
  let publisher: TestSocket;
  let sockets: TestSocket[] = [];
  beforeEach(async () => {
    server = await SocketServer.start({ env: { WAYBILL_RESUME_WAIT_MS: '300' } });
    publisher = await connect('publisher');
  });
  afterEach(async () => {
    // A server that ends would send each of them away in order.
    for (const { socket } of sockets) socket.terminate();
    sockets = [];
    await expect.poll(() => server.registry.size).toBe(0);
    await server.close();
  });

  const connect = async (user: string, token = server.token(user)): Promise<TestSocket> => {
    const socket = await TestSocket.connect(server.port, token);
    sockets.push(socket);
    return socket;
  };

  const publish = async (topic: string, count = 1): Promise<void> => {
    for (let n = 0; n < count; n += 1) expect(await publisher.request('topic.publish', { topic, data: n })).toMatchObject({ code: 'OK' });
  };
  const resume = (socket: TestSocket, session: string, topics?: unknown): Promise<Frame> =>
    socket.request('resume', { session, ...(topics === undefined ? {} : { topics }) });
  const eventsOf = (connection: string): readonly string[] =>
    server.app
      .get(GatewayControl)
      .record(connection)
      ?.events.map(({ kind, detail }) => `${kind} ${detail ?? ''}`) ?? [];

  it('goes on in one round trip with everything that it had, where it stood', async () => {
    const first = await connect('alice');
    await first.request('topic.subscribe', { topics: [{ topic: 'chat.a' }, { topic: 'chat.b', ack: true }] });
    await publish('chat.a', 2);
    await publish('chat.b', 3);
    await first.untilMessages('chat.b', 3);
    await first.request('topic.ack', { topic: 'chat.b', seq: 1 });
    const [session, connection] = [sessionOf(first), connectionOf(first)];
    await first.close();
    await publish('chat.a');
    await publisher.request('user.send', { user: 'alice', data: 'while away' });
    const second = await connect('alice');
    const reply = await resume(second, session);
    expect(reply).toMatchObject({ code: 'OK', data: { resumed_from: welcomeOf(second)['node'] } });
    expect(topicsOf(reply).map(({ topic }) => topic)).toEqual(['$user.alice', '$all', 'chat.a', 'chat.b']);
    expect(answerFor(reply, 'chat.a')).toMatchObject({ code: 'OK', recovered: true, count: 1 });
    // What was not acknowledged comes again.
    expect(answerFor(reply, 'chat.b')).toMatchObject({ code: 'OK', recovered: true, count: 2 });
    await publish('chat.a');
    await second.untilMessages('chat.a', 2);
    expect([seqsOf(second, 'chat.a'), seqsOf(second, 'chat.b'), seqsOf(second, '$user.alice')]).toEqual([[3, 4], [2, 3], [1]]);
    expect(eventsOf(connectionOf(second))).toContain(`session_resumed ${welcomeOf(second)['node'] as string}, connection ${connection}`);
    expect(eventsOf(connection).at(-1)).toBe(`session_moved ${welcomeOf(second)['node'] as string}, connection ${connectionOf(second)}`);
    expect(server.telemetry.of('sessionResumed')).toEqual([['resumed']]);
  });

  it.each([
    ['older', 1, [2, 3, 4]],
    ['newer', 4, []],
  ])('gives way to a position of the client that is %s', async (_which, seq, expected) => {
    const first = await connect('alice');
    await first.request('topic.subscribe', { topics: [{ topic: 'chat.a' }] });
    await publish('chat.a', 3);
    const [{ epoch } = {}] = await first.untilMessages('chat.a', 3);
    await first.close();
    await publish('chat.a');
    const second = await connect('alice');
    const reply = await resume(second, sessionOf(first), [{ topic: 'chat.a', epoch, seq }, { topic: 'chat.more' }]);
    expect(answerFor(reply, 'chat.a')).toMatchObject({ recovered: true, count: expected.length });
    expect(answerFor(reply, 'chat.more')).toMatchObject({ code: 'OK' });
    await publish('chat.a');
    await second.untilMessages('chat.a', expected.length + 1);
    expect(seqsOf(second, 'chat.a')).toEqual([...expected, 5]);
  });

  it('ends its connection with 4505 where that is still open, and is the new one’s alone', async () => {
    const first = await connect('alice');
    await first.request('topic.subscribe', { topics: [{ topic: 'chat.a' }] });
    const second = await connect('alice');
    expect(await resume(second, sessionOf(first))).toMatchObject({ code: 'OK' });
    expect(await first.closed).toMatchObject({ code: 4505 });
    expect(eventsOf(connectionOf(first)).join('\n')).toContain('session_moved');
    // The reply to the second may have been lost: the first's name leads on to what it has.
    await second.close();
    const third = await connect('alice');
    expect(answerFor(await resume(third, sessionOf(first)), 'chat.a')).toMatchObject({ code: 'OK', recovered: true });
    expect(await resume(await connect('alice'), sessionOf(third))).toMatchObject({ code: 'OK' });
    expect(await third.closed).toMatchObject({ code: 4505 });
  });

  it('is refused to another user, and stays its own', async () => {
    const first = await connect('alice');
    await first.request('topic.subscribe', { topics: [{ topic: 'chat.a' }] });
    const mallory = await connect('mallory');
    expect(await resume(mallory, sessionOf(first))).toMatchObject({
      code: 'PERMISSION_DENIED',
      field: 'data.session',
      rule: 'session.user',
    });
    await first.close();
    expect(await resume(mallory, sessionOf(first))).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(server.telemetry.of('sessionResumed')).toEqual([['foreign'], ['foreign']]);
    expect(await resume(await connect('alice'), sessionOf(first))).toMatchObject({ code: 'OK' });
  });

  it('checks rights again: a topic that may not be read any more gets its own refusal', async () => {
    const first = await connect('alice');
    await first.request('topic.subscribe', { topics: [{ topic: 'chat.a' }, { topic: 'secret.a' }] });
    await first.close();
    const token = server.credentials.token('alice', { topics: { subscribe: ['chat.*'], publish: [] } });
    const second = await connect('alice', token);
    const reply = await resume(second, sessionOf(first));
    expect(answerFor(reply, 'secret.a')).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(answerFor(reply, 'chat.a')).toMatchObject({ code: 'OK', recovered: true });
    await publish('secret.a');
    await publish('chat.a');
    await second.untilMessages('chat.a', 1);
    expect(seqsOf(second, 'secret.a')).toEqual([]);
  });

  it.each([
    ['a number', 7, 'BAD_REQUEST'],
    ['nothing', '', 'BAD_REQUEST'],
    ['too short', 'never', 'NOT_FOUND'],
    ['made up', 'x'.repeat(32), 'NOT_FOUND'],
    ['too long', 'x'.repeat(10_000), 'NOT_FOUND'],
  ])('that is none is refused, and what the client names itself is resumed after that: %s', async (_case, session, code) => {
    const first = await connect('alice');
    await publisher.request('user.send', { user: 'alice', data: 1 });
    const [{ epoch } = {}] = await first.untilMessages('$user.alice', 1);
    await first.close();
    await publisher.request('user.send', { user: 'alice', data: 2 });
    const second = await connect('alice');
    const topics = [{ topic: '$user.alice', epoch, seq: 1 }];
    expect(await second.request('resume', { session, topics })).toMatchObject({ code, field: 'data.session' });
    expect(topicsOf(await second.request('resume', { topics }))).toMatchObject([{ recovered: true, count: 1 }]);
    await second.untilMessages('$user.alice', 1);
  });

  it('is not that of the connection which asks, and none of one that was sent away for good', async () => {
    const first = await connect('alice');
    expect(await resume(first, sessionOf(first))).toMatchObject({ code: 'BAD_REQUEST', field: 'data.session' });
    server.app.get(GatewayControl).disconnect(connectionOf(first), 'DISCONNECTED_FOR_GOOD');
    await first.closed;
    expect(await resume(await connect('alice'), sessionOf(first))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('without sessions', () => {
  it('welcome names none, and none is found', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_SESSION_EXPIRY_MS: '0' } });
    const socket = await server.connect('alice');
    expect(welcomeOf(socket)).not.toHaveProperty('session');
    expect(await socket.request('resume', { session: 'x'.repeat(32) })).toMatchObject({ code: 'BAD_REQUEST', field: 'data.session' });
    await socket.close();
    await server.close();
  });
});
