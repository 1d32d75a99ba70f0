import { afterEach, describe, expect, it } from 'vitest';
import { RawWebSocket, textFrameOf } from '../../../test/support/raw-websocket.js';
import { SocketServer } from '../../../test/support/socket-server.js';
import type { TestSocket } from '../../../test/support/socket.js';
import { Subscriptions } from '../../messaging/subscriptions.js';
import type { Connection } from './connection.js';

const PADDING = 'x'.repeat(30_000);
const NAMESPACES = {
  prices: { durable: false, slow: 'keep_latest' },
  news: { durable: false, slow: 'drop_oldest' },
  chat: { durable: false },
};

interface Seen {
  readonly action: string;
  readonly seq?: number;
  readonly topic?: string;
  readonly data?: { readonly topic: string; readonly from: number; readonly to: number; readonly reason: string };
}

describe('the slow policy of a namespace', () => {
  let server: SocketServer;
  let raw: RawWebSocket;
  let publisher: TestSocket;
  let connection: Connection;
  afterEach(async () => {
    raw.socket.destroy();
    await server.close();
  });

  async function start(env: Readonly<Record<string, string>>, topics: readonly string[]): Promise<void> {
    server = await SocketServer.start({
      env: {
        WAYBILL_RESUME_WAIT_MS: '0',
        WAYBILL_PING_INTERVAL_MS: '0',
        WAYBILL_QUEUE_MESSAGES: '20',
        WAYBILL_CLOSE_TIMEOUT_MS: '150',
        ...env,
      },
      file: { messaging: { namespaces: NAMESPACES } },
    });
    raw = await RawWebSocket.connect(server.port, server.token());
    connection = server.only();
    raw.send(textFrameOf({ msg_id: 'topics', action: 'topic.subscribe', data: { topics: topics.map((topic) => ({ topic })) } }));
    await raw.until(() => raw.texts.some((text) => text['action'] === 'reply'));
    raw.socket.pause();
    publisher = await server.connect('bob');
  }

  async function publish(topic: string, count: number): Promise<void> {
    for (let index = 0; index < count; index += 1)
      expect(await publisher.request('topic.publish', { topic, action: 'tick', data: PADDING })).toMatchObject({ code: 'OK' });
  }

  /** Publishes until the kernel takes no more. */
  async function fill(topic: string): Promise<void> {
    while (!connection.outbound.isSlow && connection.closing === undefined) await publish(topic, 1);
  }

  const seen = (topic: string): readonly Seen[] =>
    (raw.texts as unknown as readonly Seen[]).filter((text) => text.topic === topic || text.data?.topic === topic);

  /** Each `seq` once and rising; every jump told by a gap before it. Answers the messages and the gaps. */
  function checked(topic: string): { readonly messages: number; readonly missed: number; readonly last: number } {
    let position = 0;
    let messages = 0;
    let missed = 0;
    for (const { action, seq, data } of seen(topic)) {
      if (action === 'topic.gap' && data !== undefined) {
        expect(data).toMatchObject({ from: position + 1, reason: 'slow_consumer' });
        missed += data.to - data.from + 1;
        position = data.to;
      } else if (seq !== undefined) {
        expect(seq).toBe(position + 1);
        position = seq;
        messages += 1;
      }
    }
    return { messages, missed, last: position };
  }

  it('drop_oldest: drops what has waited longest, tells the gap in its place, and goes on', async () => {
    await start({}, ['news.a']);
    await fill('news.a');
    await publish('news.a', 100);
    expect(connection.outbound.queuedFrames).toBeLessThanOrEqual(20 + 3);
    expect(connection.state).toBe('open');
    raw.socket.resume();
    await publish('news.a', 1);
    const head = (await publisher.request('topic.history', { topic: 'news.a', limit: 1 }))['data'] as { readonly head: number };
    await expect.poll(() => checked('news.a').last).toBe(head.head);
    const { messages, missed } = checked('news.a');
    expect(missed).toBeGreaterThanOrEqual(80);
    expect(messages + missed).toBe(head.head);
    expect(connection.droppedMessages).toBe(missed);
    expect(server.telemetry.of('dropped')).toEqual(expect.arrayContaining([['slow_consumer', expect.any(Number)]]));
    expect(server.telemetry.of('dropped').reduce((sum, [, count]) => sum + (count as number), 0)).toBe(missed);
    expect(server.telemetry.of('gap').some(([reason, side]) => reason === 'slow_consumer' && side === 'client')).toBe(true);
    const outcomes = server.telemetry.of('queuedOutcome').filter(([, outcome]) => outcome === 'dropped');
    expect(outcomes).toHaveLength(missed);
    const exceptions = server.app.get(Subscriptions).exceptionsOf(connection, 'news.a');
    expect(exceptions.reduce((sum, { from, to }) => sum + to - from + 1, 0)).toBe(missed);
    expect(exceptions.every(({ reason }) => reason === 'slow_consumer')).toBe(true);
  });

  it('keep_latest: while anything waits, one message of each topic does, the newest', async () => {
    await start({}, ['prices.a', 'prices.b']);
    await fill('prices.a');
    await publish('prices.a', 50);
    await publish('prices.b', 50);
    await publish('prices.a', 5);
    expect(connection.state).toBe('open');
    raw.socket.resume();
    await expect.poll(() => [checked('prices.b').last, connection.outbound.isSlow]).toEqual([50, false]);
    expect(checked('prices.b')).toEqual({ messages: 1, missed: 49, last: 50 });
    expect(checked('prices.a').missed).toBeGreaterThanOrEqual(50);
  });

  it('disconnect: what may be dropped goes first, then the connection ends with 4408', async () => {
    await start({}, ['news.a', 'chat.a']);
    await fill('news.a');
    await publish('news.a', 20);
    await publish('chat.a', 10);
    expect(connection.state).toBe('open');
    await publish('chat.a', 20);
    await expect.poll(() => server.telemetry.of('connectionClosed')[0]?.[1]).toMatchObject({ code: 4408 });
  });

  it('answers dropped where nothing can make room for what may be dropped itself', async () => {
    await start({}, ['chat.a', 'news.a']);
    await fill('chat.a');
    while (connection.outbound.queuedFrames < 20) await publish('chat.a', 1);
    await publish('news.a', 30);
    expect(connection.state).toBe('open');
    expect(connection.droppedMessages).toBe(30);
    const delivered = server.telemetry.of('deliver.delivered').map(([counts]) => counts as { readonly dropped: number });
    expect(delivered.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(30);
    raw.socket.resume();
    await expect.poll(() => checked('news.a')).toEqual({ messages: 0, missed: 30, last: 30 });
  });

  it('of the node ends the connection with the most when all together hold too much', async () => {
    await start({ WAYBILL_NODE_QUEUE_BYTES: '200000', WAYBILL_QUEUE_MESSAGES: '10000', WAYBILL_QUEUE_BYTES: '10000000' }, ['chat.a']);
    await fill('chat.a');
    await publish('chat.a', 20);
    await expect
      .poll(() => server.telemetry.of('connectionClosed')[0]?.[1])
      .toMatchObject({ code: 4408, reason: 'slow consumer', maxQueuedBytes: expect.any(Number) });
  });
});
