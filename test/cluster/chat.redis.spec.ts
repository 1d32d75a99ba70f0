import { WaybillClient } from '@waybill/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectionRegistry } from '../../src/gateway/ws/registry.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import type { TestGateway } from '../support/gateway.js';

const ROOM = 'chat.room';
const WAIT = { timeout: 10_000 };

describe('two users who chat on two nodes', () => {
  let cluster: TestCluster;
  const clients: WaybillClient[] = [];

  beforeAll(async () => {
    cluster = await startCluster(2, { env: { WAYBILL_PRESENCE_COALESCE_MS: '20' } });
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await cluster.stop();
  });

  async function enter(
    node: TestGateway | undefined,
    user: string,
  ): Promise<{ client: WaybillClient; lines: unknown[]; comings: string[] }> {
    if (node === undefined) throw new Error('two nodes were started');
    const client = new WaybillClient(`http://127.0.0.1:${node.port}`, { token: await node.token(user), backoff: { minDelayMs: 10 } });
    clients.push(client);
    const lines: unknown[] = [];
    const comings: string[] = [];
    const room = client.subscribe(ROOM, ({ data }) => lines.push(data));
    room.on('presence', ({ kind, users }) => comings.push(...users.map((each) => `${each} ${kind}`)));
    await room.ready();
    return { client, lines, comings };
  }

  it('see each other come and go, and read every line once and in order, also over a broken line', { timeout: 60_000 }, async () => {
    const [one, two] = cluster.nodes;
    const alice = await enter(one, 'alice');
    const bob = await enter(two, 'bob');
    await expect.poll(() => alice.comings, WAIT).toContain('bob join');
    for (const { client } of [alice, bob]) {
      const { members } = await client.presence(ROOM);
      expect(members.map(({ user }) => user).toSorted()).toEqual(['alice', 'bob']);
    }
    await alice.client.publish(ROOM, 'hello');
    await expect.poll(() => bob.lines, WAIT).toEqual(['hello']);
    await bob.client.publish(ROOM, 'hello yourself');
    await bob.client.sendToUser('alice', 'psst');

    // Bob's line breaks while alice writes on.
    const broken = new Promise((resolve) => bob.client.on('disconnected', resolve));
    for (const connection of two?.gateway.app.get(ConnectionRegistry).all() ?? []) connection.destroy();
    await broken;
    await alice.client.publish(ROOM, 'are you there?');
    await expect.poll(() => bob.lines, WAIT).toEqual(['hello', 'hello yourself', 'are you there?']);
    await expect.poll(() => alice.lines, WAIT).toEqual(['hello', 'hello yourself', 'are you there?']);

    bob.client.close();
    await expect.poll(() => alice.comings.at(-1), WAIT).toBe('bob leave');
  });
});
