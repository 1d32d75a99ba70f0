import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type TestCluster } from '../support/cluster.js';
import type { TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

const LIMIT = 4;
/** What one too many may stay, by the word of docs/limits.md. */
const BOUND_MS = 1_000;

let cluster: TestCluster;
const open: TestSocket[] = [];

const node = (index: number): TestGateway => cluster.nodes[index % cluster.nodes.length] as TestGateway;

async function leave(): Promise<void> {
  await Promise.all(open.splice(0).map((socket) => socket.close()));
}

describe('connections of one user over two nodes', () => {
  beforeAll(async () => {
    cluster = await startCluster(2, { env: { WAYBILL_CONNECTIONS_PER_USER: String(LIMIT), WAYBILL_COUNT_WAIT_MS: '5000' } });
  });
  afterAll(() => cluster.stop());
  afterEach(leave);

  it('are as many as may be, however many race for them at both, and as many again afterwards', async () => {
    const token = await node(0).token('racer');
    const race = async (): Promise<number> => {
      const sockets = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => TestSocket.connect(node(index).port, token)));
      const got = sockets.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      open.push(...got);
      return got.length;
    };
    expect(await race()).toBe(LIMIT);
    await leave();
    await expect.poll(race, { timeout: 10_000, interval: 200 }).toBeGreaterThan(0);
  });
});

describe('the newest connection of a user, over two nodes', () => {
  beforeAll(async () => {
    cluster = await startCluster(2, {
      env: { WAYBILL_CONNECTIONS_PER_USER: '1', WAYBILL_CONNECTIONS_PER_USER_POLICY: 'evict_oldest' },
    });
  });
  afterAll(() => cluster.stop());
  afterEach(leave);

  it('takes the place of the oldest within a second, on whichever node that is', async () => {
    const token = await node(0).token('mover');
    let before = await TestSocket.connect(node(0).port, token);
    for (let move = 1; move <= 3; move += 1) {
      const next = await TestSocket.connect(node(move).port, token);
      const since = performance.now();
      expect((await before.closed).code).toBe(4505);
      expect(performance.now() - since).toBeLessThan(BOUND_MS);
      before = next;
    }
    open.push(before);
    expect(before.socket.readyState).toBe(before.socket.OPEN);
  });

  it('is let in at once where Redis hangs, and counts on its own node alone', async () => {
    const token = await node(0).token('cut off');
    cluster.redis.pause();
    try {
      const sockets = await Promise.all([TestSocket.connect(node(0).port, token), TestSocket.connect(node(1).port, token)]);
      open.push(...sockets);
      expect(sockets.map(({ socket }) => socket.readyState)).toEqual([1, 1]);
      const third = await TestSocket.connect(node(0).port, token);
      open.push(third);
      expect((await sockets[0]?.closed)?.code).toBe(4505);
    } finally {
      cluster.redis.resume();
    }
  });
});
