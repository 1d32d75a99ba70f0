import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectionRegistry } from '../../src/gateway/ws/registry.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import type { TestGateway } from '../support/gateway.js';
import { type Frame, TestSocket } from '../support/socket.js';

const CLIENTS = 200;
const TOPICS = ['chat.0', 'chat.1', 'chat.2', 'chat.3'];
const BEFORE = 5;
const MEANWHILE = 3;
const LONGEST_MS = 30_000;

interface Client {
  readonly token: string;
  readonly session: string;
  /** `epoch` and last `seq` of each topic. */
  readonly positions: readonly { readonly topic: string; readonly epoch: unknown; readonly seq: unknown }[];
}

describe('clients that lose their node together', () => {
  let cluster: TestCluster;
  let one: TestGateway;
  let two: TestGateway;

  beforeAll(async () => {
    cluster = await startCluster(2);
    [one, two] = cluster.nodes as [TestGateway, TestGateway];
  });
  afterAll(() => cluster.stop());

  /** Questions to the database so far, by what was asked. */
  async function queries(node: TestGateway): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`http://127.0.0.1:${node.opsPort}/metrics`)).text();
    const counts = text.matchAll(/^waybill_db_operation_duration_seconds_count\{operation="(\w+)"\} (\d+)/gm);
    return new Map([...counts].map(([, operation, count]) => [operation as string, Number(count)]));
  }

  async function publish(count: number): Promise<void> {
    const items = TOPICS.flatMap((topic) => Array.from({ length: count }, (_, data) => ({ topic, data })));
    expect((await two.rest('POST', '/api/v1/messages', { messages: items })).status).toBe(200);
  }

  async function join(token: string): Promise<TestSocket> {
    const socket = await TestSocket.connect(one.port, token);
    await socket.request('topic.subscribe', { topics: TOPICS.map((topic) => ({ topic })) });
    return socket;
  }

  function remembered(token: string, socket: TestSocket): Client {
    const welcome = socket.frames.find(({ action }) => action === 'welcome')?.['data'] as { readonly session: string };
    const positions = TOPICS.map((topic) => {
      const { epoch, seq } = socket.messages(topic).at(-1) as Frame;
      return { topic, epoch, seq };
    });
    return { token, session: welcome.session, positions };
  }

  it('come back with everything, at a question to the database for each topic and not for each client', { timeout: 120_000 }, async () => {
    const grants = { topics: { subscribe: ['chat.*'], publish: [] } };
    const tokens = await Promise.all(Array.from({ length: CLIENTS }, (_, n) => one.token(`user-${n}`, grants)));
    const before = await Promise.all(tokens.map(join));
    await publish(BEFORE);
    await Promise.all(before.flatMap((socket) => TOPICS.map((topic) => socket.untilMessages(topic, BEFORE, LONGEST_MS))));
    const clients = before.map((socket, index) => remembered(tokens[index] as string, socket));
    for (const connection of one.gateway.app.get(ConnectionRegistry).all()) connection.destroy();
    await Promise.all(before.map(({ closed }) => closed));
    await publish(MEANWHILE);

    const asked = await queries(two);
    const after = await Promise.all(
      clients.map(async ({ token, session, positions }) => {
        const socket = await TestSocket.connect(two.port, token);
        const reply = await socket.request('resume', { session, topics: positions });
        return { socket, reply };
      }),
    );
    await Promise.all(after.flatMap(({ socket }) => TOPICS.map((topic) => socket.untilMessages(topic, MEANWHILE, LONGEST_MS))));
    const now = await queries(two);
    const more = (operation: string): number => (now.get(operation) ?? 0) - (asked.get(operation) ?? 0);

    for (const { socket, reply } of after) {
      expect(reply).toMatchObject({ code: 'OK', data: { resumed_from: 'node-1' } });
      for (const topic of TOPICS) expect(socket.messages(topic).map(({ seq }) => seq)).toEqual([6, 7, 8]);
    }
    expect(more('read')).toBeLessThanOrEqual(TOPICS.length);
    // Each has a topic of their own besides, whose end is asked for together with those of all who come in the same moment.
    expect(more('ends')).toBeLessThan(CLIENTS + TOPICS.length);

    // Live goes on for all of them, each message once.
    await publish(1);
    await Promise.all(after.flatMap(({ socket }) => TOPICS.map((topic) => socket.untilMessages(topic, MEANWHILE + 1, LONGEST_MS))));
    for (const { socket } of after) expect(TOPICS.map((topic) => socket.messages(topic).at(-1)?.['seq'])).toEqual([9, 9, 9, 9]);
    for (const { socket } of after) socket.socket.terminate();
  });
});
