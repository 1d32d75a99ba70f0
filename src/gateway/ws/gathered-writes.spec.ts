import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SocketServer } from '../../../test/support/socket-server.js';
import type { TestSocket } from '../../../test/support/socket.js';
import { Broker } from '../../messaging/broker.js';
import { Hub } from '../../messaging/hub.js';
import type { Message } from '../../messaging/message.js';
import type { DeliverCounts } from '../../telemetry/telemetry.js';

const TOPICS = ['live.a', 'live.b', 'live.c'];

describe('topics that have something in the same turn', () => {
  let server: SocketServer;
  afterEach(() => server.close());

  async function open(users: readonly string[]): Promise<readonly TestSocket[]> {
    server = await SocketServer.start({
      env: { WAYBILL_RESUME_WAIT_MS: '0' },
      file: { messaging: { namespaces: { live: { durable: false, presence: false } } } },
    });
    return Promise.all(
      users.map(async (user) => {
        const socket = await server.connect(user);
        await socket.request('topic.subscribe', { topics: TOPICS.map((topic) => ({ topic })) });
        return socket;
      }),
    );
  }

  /** Publishes to all topics within one turn. */
  async function publish(texts: readonly string[]): Promise<void> {
    const broker = server.app.get(Broker, { strict: false });
    await Promise.all(
      TOPICS.flatMap((topic) =>
        texts.map((text) =>
          broker.publishEphemeral(
            {
              topic,
              msgId: `${topic} ${text}`,
              publisher: 'test',
              action: 'tick',
              dataText: JSON.stringify(text),
              timestamp: Date.now(),
              clientTimestamp: undefined,
              door: 'rest',
              trace: undefined,
            } satisfies Omit<Message, 'epoch' | 'seq'>,
            100,
          ),
        ),
      ),
    );
  }

  const writes = (): readonly { readonly mock: { readonly calls: readonly unknown[][] } }[] =>
    [...server.registry.all()].map((connection) => vi.spyOn((connection as unknown as { readonly socket: Socket }).socket, 'write'));

  it('leave a connection as one write, in the order of each topic, and are counted as written', async () => {
    const [alice, bob] = await open(['alice', 'bob']);
    const seen = writes();
    const before = server.telemetry.of('deliver.delivered').length;
    await publish(['1', '2']);
    await expect.poll(() => [alice, bob].map((socket) => socket?.frames.filter(({ action }) => action === 'tick').length)).toEqual([6, 6]);
    expect(seen.map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    // One buffer for both.
    expect(seen[0]?.mock.calls[0]?.[0]).toBe(seen[1]?.mock.calls[0]?.[0]);
    for (const topic of TOPICS)
      expect(alice?.frames.filter((frame) => frame['topic'] === topic && frame['action'] === 'tick').map((frame) => frame['seq'])).toEqual([
        1, 2,
      ]);
    const counts = server.telemetry.of('deliver.delivered').slice(before) as [DeliverCounts][];
    expect(counts).toHaveLength(6);
    for (const [delivered] of counts) expect(delivered).toEqual({ matched: 2, written: 2, queued: 0, dropped: 0, notWritten: 0 });
  });

  it('stand before what is written to the connection later', async () => {
    const [alice] = await open(['alice']);
    const hub = server.app.get(Hub, { strict: false });
    await publish(['1']);
    for (const topic of TOPICS) hub.notify(topic, JSON.stringify({ action: 'notice', topic }));
    await expect.poll(() => alice?.frames.filter(({ action }) => action === 'notice').length).toBe(3);
    const order = alice?.frames.filter(({ action }) => action === 'notice' || action === 'tick') ?? [];
    for (const topic of TOPICS)
      expect(order.filter((frame) => frame['topic'] === topic).map(({ action }) => action)).toEqual(['tick', 'notice']);
  });

  it('are matched and not written where the connection has ended meanwhile', async () => {
    await open(['alice']);
    const [connection] = [...server.registry.all()];
    const before = server.telemetry.of('deliver.delivered').length;
    const { outbound } = connection as NonNullable<typeof connection>;
    const offer = outbound.offer.bind(outbound);
    // After they were matched, and before they can be written.
    Object.assign(outbound, {
      offer: (...frames: Parameters<typeof offer>) => {
        connection?.destroy();
        return offer(...frames);
      },
    });
    await publish(['1']);
    await expect.poll(() => server.telemetry.of('deliver.delivered').length - before).toBe(3);
    for (const [counts] of server.telemetry.of('deliver.delivered').slice(before))
      expect((counts as DeliverCounts).matched - (counts as DeliverCounts).written).toBe(1);
  });
});
