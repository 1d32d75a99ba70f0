import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { TestSocket } from '../support/socket.js';

describe('two nodes with one Redis', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startCluster(2);
  });

  afterAll(() => cluster.stop());

  it('brings what is published at one to subscribers of the other', async () => {
    const [one, two] = cluster.nodes;
    if (one === undefined || two === undefined) throw new Error('two nodes were started');
    const reader = await TestSocket.connect(two.port, await two.token('reader'));
    await reader.request('topic.subscribe', { topics: [{ topic: 'news.today' }] });
    const writer = await TestSocket.connect(one.port, await one.token('writer'));
    const sentAt = performance.now();
    await writer.request('topic.publish', { topic: 'news.today', data: 'hello' });
    const frame = await reader.find((candidate) => candidate['topic'] === 'news.today' && candidate['seq'] !== undefined);
    expect(frame).toMatchObject({ topic: 'news.today', seq: 1, data: 'hello' });
    // By the bus, not by the sweep.
    expect(performance.now() - sentAt).toBeLessThan(1_000);
    await Promise.all([reader.close(), writer.close()]);
  });
});
