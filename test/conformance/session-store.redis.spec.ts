import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisSessionStore } from '../../src/broker/redis-session-store.js';
import type { RedisLinks } from '../../src/cluster/redis-links.js';
import { RedisNodeChannel } from '../../src/cluster/redis-node-channel.js';
import type { Session } from '../../src/messaging/session-store.js';
import { linksTo } from '../support/redis-node.js';
import { TestRedis } from '../support/redis.js';
import { describeSessionStore, EXPIRY_MS } from './session-store.suite.js';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());

/** A node's store, and how to end it. */
async function storeOf(node: string, expiryMs: number): Promise<{ readonly store: RedisSessionStore; readonly links: RedisLinks }> {
  const links = await linksTo(redis.url, 'waybill', { WAYBILL_NODE_ID: node, WAYBILL_REDIS_TIMEOUT_MS: '500' });
  return { store: new RedisSessionStore(links, await RedisNodeChannel.open(node, links), expiryMs), links };
}

describeSessionStore('RedisSessionStore', async () => {
  const [one, two] = await Promise.all(['node-1', 'node-2'].map((node) => storeOf(node, EXPIRY_MS)));
  if (one === undefined || two === undefined) throw new Error('two were opened');
  return {
    one: one.store,
    two: two.store,
    close: async () => [one, two].forEach(({ links }) => links.onApplicationShutdown()),
  };
});

describe('sessions in Redis', () => {
  const sessionOf = (store: RedisSessionStore, n: number): Session => ({
    id: store.newId(),
    user: `user-${n}`,
    connection: `c-${n}`,
    topics: [{ topic: 'chat.lobby', since: { epoch: 'e1', seq: n }, ack: false }],
  });

  it('cost one command in a heartbeat, whatever their number', async () => {
    const { store, links } = await storeOf('node-1', 60_000);
    const sessions = Array.from({ length: 1_000 }, (_, n) => sessionOf(store, n));
    await store.save(sessions);
    const { client } = links.commands;
    const commands = async (): Promise<number> => Number(/total_commands_processed:(\d+)/.exec(await client.info('stats'))?.[1]);
    const before = await commands();
    for (let beat = 0; beat < 10; beat += 1) expect(await store.refresh()).toBe(true);
    // Pings of both connections come between.
    expect((await commands()) - before).toBeLessThan(20);
    links.onApplicationShutdown();
  });

  it('while Redis is away a node has those that ended there, and says so of all others', async () => {
    const [one, two] = await Promise.all([storeOf('node-1', 60_000), storeOf('node-2', 60_000)]);
    const [ended, open] = [sessionOf(one.store, 1), sessionOf(one.store, 2)];
    await one.store.keep([ended]);
    await one.store.save([open]);
    await redis.stop();
    const taker = (user: string) => ({ id: one.store.newId(), user, connection: 'next' });
    await expect(two.store.take(ended.id, taker('user-1'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(one.store.take(open.id, taker('user-2'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(one.store.save([open])).rejects.toThrow(/writeable|closed/);
    expect(await one.store.take(ended.id, taker('user-2'))).toEqual({ kind: 'foreign' });
    expect(await one.store.take(ended.id, taker('user-1'))).toMatchObject({ kind: 'found', session: { ...ended, node: 'node-1' } });
    // It forgot everything, and the next heartbeat says so.
    await redis.start();
    await expect.poll(() => one.links.commands.up, { timeout: 10_000 }).toBe(true);
    expect(await one.store.refresh()).toBe(false);
    await one.store.save([open]);
    await expect.poll(() => two.links.commands.up, { timeout: 10_000 }).toBe(true);
    expect(await two.store.take(open.id, taker('user-2'))).toMatchObject({ kind: 'found' });
    for (const { links } of [one, two]) links.onApplicationShutdown();
  });
});
