import { WaybillClient } from '@waybill/client';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { ConnectionRegistry } from '../../src/gateway/ws/registry.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import type { TestGateway } from '../support/gateway.js';
import { type Frame, TestSocket } from '../support/socket.js';
import { TcpProxy } from '../support/tcp-proxy.js';

interface TopicAnswer {
  readonly topic: string;
  readonly code: string;
  readonly recovered?: boolean;
  readonly count?: number;
}
interface Story {
  readonly close?: { readonly code: number };
  readonly events: readonly { readonly kind: string; readonly detail?: string }[];
}

const CHAT = { topics: { subscribe: ['chat.*'], publish: ['*'] }, users: { send: ['*'] } };

const welcomeOf = (socket: TestSocket): Frame => socket.frames.find(({ action }) => action === 'welcome')?.['data'] as Frame;
const sessionOf = (socket: TestSocket): string => welcomeOf(socket)['session'] as string;
const connectionOf = (socket: TestSocket): string => welcomeOf(socket)['connection_id'] as string;
const answersOf = (reply: Frame): readonly TopicAnswer[] => (reply['data'] as { topics: readonly TopicAnswer[] }).topics;
const answerFor = (reply: Frame, topic: string): TopicAnswer | undefined => answersOf(reply).find((answer) => answer.topic === topic);

describe('a session between nodes', () => {
  let cluster: TestCluster;
  let one: TestGateway;
  let two: TestGateway;
  const proxies: TcpProxy[] = [];
  const sockets: TestSocket[] = [];

  afterEach(async () => {
    for (const { socket } of sockets.splice(0)) socket.terminate();
    await cluster.stop();
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  });

  const env = { WAYBILL_SESSION_SNAPSHOT_MS: '200', WAYBILL_DRAIN_TIMEOUT_MS: '1500' };

  /** Node 1 reaches Redis by a way that can be cut. */
  async function begin(): Promise<TcpProxy> {
    cluster = await startCluster(0, { env });
    const wire = await TcpProxy.before(cluster.redis.url);
    proxies.push(wire);
    one = await cluster.add({ env: { REDIS_URL: wire.through(cluster.redis.url) } });
    two = await cluster.add();
    return wire;
  }

  async function connect(node: TestGateway, user: string, grants: object = CHAT): Promise<TestSocket> {
    const socket = await TestSocket.connect(node.port, await node.token(user, grants));
    sockets.push(socket);
    return socket;
  }

  let publisher: TestSocket;
  const publish = (topic: string, data: unknown): Promise<Frame> => publisher.request('topic.publish', { topic, data });

  /** As the loss of a node: nothing more of it reaches anybody, and its clients see a broken line. */
  function lose(node: TestGateway, wire: TcpProxy): void {
    wire.cut();
    for (const connection of node.gateway.app.get(ConnectionRegistry).all()) connection.destroy();
  }

  async function storyOf(node: TestGateway, connection: string): Promise<Story> {
    return (await node.rest('GET', `/api/v1/ops/connections/${connection}`)).body.data;
  }

  it('moves when its node is lost, with everything it had, and its rights are looked at again', { timeout: 30_000 }, async () => {
    const wire = await begin();
    publisher = await connect(two, 'publisher');
    const first = await connect(one, 'alice', { topics: { subscribe: ['*'], publish: [] } });
    await first.request('topic.subscribe', { topics: [{ topic: 'chat.a' }, { topic: 'chat.b', ack: true }, { topic: 'secret.a' }] });
    await publish('chat.a', 1);
    for (const n of [1, 2, 3]) await publish('chat.b', n);
    await first.untilMessages('chat.b', 3);
    await first.untilMessages('chat.a', 1);
    await first.request('topic.ack', { topic: 'chat.b', seq: 2 });
    // What it acknowledged has reached the others: a session with the last position is there.
    await expect.poll(() => savedSeq(cluster, sessionOf(first), 'chat.b'), { timeout: 10_000 }).toBe(2);
    lose(one, wire);
    await first.closed;
    await publish('chat.a', 'meanwhile');
    await publisher.request('user.send', { user: 'alice', data: 'meanwhile' });

    const second = await connect(two, 'alice');
    const reply = await second.request('resume', { session: sessionOf(first) });
    expect(reply).toMatchObject({ code: 'OK', data: { resumed_from: 'node-1' } });
    expect(answersOf(reply).map(({ topic }) => topic)).toEqual(['$user.alice', '$all', 'chat.a', 'chat.b', 'secret.a']);
    expect(answerFor(reply, 'secret.a')).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(answerFor(reply, 'chat.a')).toMatchObject({ code: 'OK', recovered: true });
    expect(answerFor(reply, 'chat.b')).toMatchObject({ code: 'OK', recovered: true, count: 1 });
    await second.untilMessages('$user.alice', 1);
    await publish('chat.a', 'live');
    await expect.poll(() => second.messages('chat.a').map(({ seq }) => seq)).toEqual(expect.arrayContaining([2, 3]));
    const { events } = await storyOf(two, connectionOf(second));
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'session_resumed', detail: `node-1, connection ${connectionOf(first)}` }),
    );
  });

  it('moves at a drain without a message missed or given twice, and both connections tell of it', { timeout: 30_000 }, async () => {
    await begin();
    publisher = await connect(two, 'publisher');
    const first = await connect(one, 'bob');
    await first.request('topic.subscribe', { topics: [{ topic: 'chat.a' }] });
    await publish('chat.a', 1);
    await first.untilMessages('chat.a', 1);
    const drained = await one.rest('POST', '/api/v1/ops/nodes/this/drain', { over_s: 0, deadline_s: 5 });
    expect(drained.status).toBe(202);
    await first.find(({ action }) => action === 'sys.reconnect');
    await first.closed;
    await publish('chat.a', 2);
    const second = await connect(two, 'bob');
    const reply = await second.request('resume', { session: sessionOf(first) });
    // What was written to it is noted when it ends: neither more nor less comes.
    expect(answerFor(reply, 'chat.a')).toMatchObject({ recovered: true, count: 1 });
    await second.untilMessages('chat.a', 1);
    expect(second.messages('chat.a').map(({ seq }) => seq)).toEqual([2]);
    await expect
      .poll(async () => (await storyOf(one, connectionOf(first))).events.at(-1))
      .toMatchObject({ kind: 'session_moved', detail: `node-2, connection ${connectionOf(second)}` });
  });

  it('ends its connection on the node where that is still open, and is refused to others', { timeout: 30_000 }, async () => {
    await begin();
    const first = await connect(one, 'carol');
    await first.request('topic.subscribe', { topics: [{ topic: 'chat.a' }] });
    await expect.poll(() => savedSeq(cluster, sessionOf(first), 'chat.a'), { timeout: 10_000 }).toBe(0);
    const mallory = await connect(two, 'mallory');
    expect(await mallory.request('resume', { session: sessionOf(first) })).toMatchObject({
      code: 'PERMISSION_DENIED',
      rule: 'session.user',
    });
    const second = await connect(two, 'carol');
    expect(await second.request('resume', { session: sessionOf(first) })).toMatchObject({ code: 'OK', data: { resumed_from: 'node-1' } });
    expect(await first.closed).toMatchObject({ code: 4505 });
    const story = await storyOf(one, connectionOf(first));
    expect(story.close).toMatchObject({ code: 4505 });
    expect(story.events.map(({ kind }) => kind)).toContain('session_moved');
    // The reply may have been lost: the first name leads on.
    await expect.poll(() => savedSeq(cluster, sessionOf(second), 'chat.a'), { timeout: 10_000 }).toBe(0);
    const third = await connect(one, 'carol');
    expect(await third.request('resume', { session: sessionOf(first) })).toMatchObject({ code: 'OK', data: { resumed_from: 'node-2' } });
    expect(await second.closed).toMatchObject({ code: 4505 });
  });

  it(
    'is kept by its own node while Redis is away; others say so, and the client goes on by its positions',
    { timeout: 40_000 },
    async () => {
      await begin();
      publisher = await connect(two, 'publisher');
      const first = await connect(one, 'dave');
      await first.request('topic.subscribe', { topics: [{ topic: 'chat.a' }] });
      await cluster.redis.stop();
      await first.close();
      const other = await connect(two, 'dave');
      expect(await other.request('resume', { session: sessionOf(first) })).toMatchObject({ code: 'UNAVAILABLE' });
      const same = await connect(one, 'dave');
      expect(await same.request('resume', { session: sessionOf(first) })).toMatchObject({ code: 'OK', data: { resumed_from: 'node-1' } });

      const client = new WaybillClient(`http://127.0.0.1:${two.port}`, {
        token: await two.token('erin', CHAT),
        backoff: { minDelayMs: 10 },
      });
      const seen: unknown[] = [];
      const errors: unknown[] = [];
      client.on('error', (error) => errors.push(error));
      await client.subscribe('chat.a', ({ data }) => seen.push(data)).ready();
      await publish('chat.a', 'before');
      await expect.poll(() => seen).toEqual(['before']);
      const erin = [...two.gateway.app.get(ConnectionRegistry).all()].find(({ facts }) => facts.user === 'erin');
      erin?.destroy();
      await publish('chat.a', 'while away');
      await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['before', 'while away']);
      expect(errors).toEqual([]);
      client.close();
    },
  );
});

/** Where a session stands as other nodes would find it; undefined: it is not there. */
async function savedSeq(cluster: TestCluster, session: string, topic: string): Promise<number | undefined> {
  const redis = new Redis(cluster.redis.url);
  try {
    const text = await redis.hget(`waybill:sessions:{${session.slice(0, 8)}}`, session);
    if (text === null) return undefined;
    const [, , topics] = JSON.parse(text.slice(text.indexOf('\n') + 1)) as [string, string, readonly (readonly [string, string, number])[]];
    return topics.find(([name]) => name === topic)?.[2];
  } finally {
    redis.disconnect();
  }
}
