import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startCluster, type TestCluster } from '../support/cluster.js';
import type { TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

describe('two nodes with one Redis', () => {
  let cluster: TestCluster;
  let one: TestGateway;
  let two: TestGateway;

  const connect = async (node: TestGateway, user: string, topic?: string): Promise<TestSocket> => {
    const socket = await TestSocket.connect(node.port, await node.token(user));
    if (topic !== undefined) await socket.request('topic.subscribe', { topics: [{ topic }] });
    return socket;
  };

  beforeAll(async () => {
    cluster = await startCluster(2, { file: { messaging: { namespaces: { live: { durable: false } } } } });
    [one, two] = cluster.nodes as [TestGateway, TestGateway];
  });

  afterAll(() => cluster.stop());

  it.each(['news.today', 'live.today'])('brings what is published at one to subscribers of the other: %s', async (topic) => {
    const readers = [await connect(two, 'reader', topic), await connect(one, 'neighbour', topic)];
    const writer = await connect(one, 'writer');
    const sentAt = performance.now();
    await writer.request('topic.publish', { topic, data: 'hello' });
    for (const reader of readers) {
      const frame = await reader.find((candidate) => candidate['topic'] === topic && candidate['seq'] !== undefined);
      expect(frame).toMatchObject({ topic, seq: 1, data: 'hello' });
    }
    // By the bus, not by the sweep.
    expect(performance.now() - sentAt).toBeLessThan(1_000);
    await Promise.all([...readers, writer].map((socket) => socket.close()));
  });

  it('sequences a topic without a log over both', async () => {
    const topic = 'live.both';
    const reader = await connect(one, 'reader', topic);
    const writers = [await connect(one, 'first'), await connect(two, 'second')];
    for (let index = 0; index < 10; index += 1) await writers[index % 2]?.request('topic.publish', { topic, data: index });
    await reader.find((frame) => frame['topic'] === topic && frame['seq'] === 10);
    const seen = reader.frames.filter((frame) => frame['topic'] === topic && frame['seq'] !== undefined);
    expect(seen.map(({ seq, data }) => [seq, data])).toEqual(Array.from({ length: 10 }, (_, index) => [index + 1, index]));
    await Promise.all([reader, ...writers].map((socket) => socket.close()));
  });

  it('shows who is in a topic on both, and tells those of one who comes and goes on the other', async () => {
    const topic = 'chat.lobby';
    const alice = await connect(one, 'alice', topic);
    const bob = await connect(two, 'bob', topic);
    const join = await alice.find((frame) => frame['action'] === 'presence.join' && JSON.stringify(frame['data']).includes('bob'));
    expect(join).toMatchObject({ topic, data: { users: ['bob'], users_count: 2, connections_count: 2 } });
    const { data } = await alice.request('topic.presence', { topic });
    expect(data).toMatchObject({ users: 2, connections: 2 });
    await bob.close();
    const leave = await alice.find((frame) => frame['action'] === 'presence.leave');
    expect(leave).toMatchObject({ topic, data: { users: ['bob'], users_count: 1 } });
    await vi.waitFor(async () => expect((await alice.request('topic.presence', { topic }))['data']).toMatchObject({ users: 1 }));
    await alice.close();
  });
});
