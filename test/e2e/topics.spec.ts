import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway.stop();
});

function waybill(...argv: readonly string[]): CommandLine {
  return new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, '--data-dir', tmpdir(), ...argv]);
}

interface Topics {
  readonly items: readonly Record<string, unknown>[];
  readonly window_s: number;
  readonly next?: string;
}

interface TopicDetail {
  readonly steps: { readonly published: readonly number[] };
  readonly items: readonly { readonly user: string; readonly offered: number; readonly acked?: number }[];
  readonly next?: string;
}

async function topics(query = ''): Promise<Topics> {
  const { body } = await gateway.rest('GET', `/api/v1/ops/topics${query}`);
  return body.data;
}

describe('which topics are hot (Q8)', () => {
  it('says it by REST and by the command alike', async () => {
    const token = await gateway.token('alice');
    const readers = [await TestSocket.connect(gateway.port, token), await TestSocket.connect(gateway.port, token)];
    for (const reader of readers) await reader.request('topic.subscribe', { topics: [{ topic: 'hot.one' }, { topic: 'hot.idle' }] });
    const publish = (topic: string, data: string) => gateway.rest('POST', `/api/v1/topics/${topic}/messages`, { action: 'a', data });
    for (let number = 0; number < 20; number += 1) await publish('hot.one', 'x');
    for (let number = 0; number < 5; number += 1) await publish('hot.two', 'y'.repeat(5_000));
    await readers[0]?.untilMessages('hot.one', 20);

    const { items, window_s: seconds } = await topics('?prefix=hot.');
    expect(items.map(({ topic }) => topic)).toEqual(['hot.one', 'hot.two']);
    expect(items[0]).toMatchObject({ namespace: 'hot', subscribers: 2, head: 20 });
    expect(items[1]).toMatchObject({ subscribers: 0 });
    const [one] = items as unknown as [{ messages_per_s: number; deliveries_per_s: number }];
    expect(one.deliveries_per_s).toBeCloseTo(2 * one.messages_per_s, 1);
    expect(Math.round(one.messages_per_s * seconds)).toBeGreaterThan(10);

    expect((await topics('?prefix=hot.&sort=-bytes')).items.map(({ topic }) => topic)).toEqual(['hot.two', 'hot.one']);
    expect((await topics('?prefix=hot.&sort=topic')).items.map(({ topic }) => topic)).toEqual(['hot.idle', 'hot.one', 'hot.two']);
    const first = await topics('?prefix=hot.&sort=-subscribers&limit=1');
    const second = await topics(`?prefix=hot.&sort=-subscribers&limit=2&cursor=${first.next ?? ''}`);
    expect([...first.items, ...second.items].map(({ topic }) => topic)).toEqual(['hot.idle', 'hot.one', 'hot.two']);

    const steady = (list: Topics) => list.items.map(({ topic, subscribers, head }) => [topic, subscribers, head]);
    const command = (await waybill('top', '--prefix', 'hot.', '--json').json()) as Topics;
    expect(steady(command)).toEqual(steady(await topics('?prefix=hot.')));
    const text = waybill('top', '--prefix', 'hot.');
    expect(await text.exit).toBe(0);
    expect(text.out.split('\n').map((line) => line.trim().split(/ +/).at(-1))).toEqual(['TOPIC', 'hot.one', 'hot.two', '']);
    for (const reader of readers) await reader.close();
  });

  it('shows one topic with its subscribers’ places, by REST and by the command alike', async () => {
    const readers = [
      await TestSocket.connect(gateway.port, await gateway.token('carol')),
      await TestSocket.connect(gateway.port, await gateway.token('dave')),
    ];
    for (const reader of readers) await reader.request('topic.subscribe', { topics: [{ topic: 'deep.one', ack: true }] });
    for (let n = 0; n < 3; n += 1) await gateway.rest('POST', '/api/v1/topics/deep.one/messages', { data: n });
    for (const reader of readers) await reader.untilMessages('deep.one', 3);
    await readers[0]?.request('topic.ack', { topic: 'deep.one', seq: 2 });
    const one = async (query = ''): Promise<TopicDetail> => (await gateway.rest('GET', `/api/v1/ops/topics/deep.one${query}`)).body.data;
    const detail = await one();
    expect(detail).toMatchObject({ topic: 'deep.one', namespace: 'deep', head: 3, floor: 0, subscribers: 2, policy: { durable: true } });
    expect(detail.steps).toMatchObject({ step_s: 10, published: { length: 5 } });
    const place = (user: string) => detail.items.find((item) => item.user === user);
    expect(place('carol')).toMatchObject({ state: 'live', offered: 3, lag: 0, acknowledges: true, acked: 2, queued_bytes: 0 });
    expect(place('dave')).toMatchObject({ offered: 3, acked: 0 });

    const first = await one('?limit=1');
    const second = await one(`?limit=1&cursor=${first.next ?? ''}`);
    expect([...first.items, ...second.items].map(({ user }) => user).toSorted()).toEqual(['carol', 'dave']);
    expect(second.next).toBeUndefined();

    const said = (await waybill('topic', 'deep.one', '--json').json()) as TopicDetail;
    expect(said.items).toEqual(detail.items);
    const text = waybill('topic', 'deep.one');
    expect(await text.exit).toBe(0);
    expect(text.out).toContain('messages 1 to 3 kept; 2 subscribers.');
    for (const reader of readers) await reader.close();
  });

  it('says of a topic that nobody knows that it is empty, and refuses what is none', async () => {
    const { body } = await gateway.rest('GET', '/api/v1/ops/topics/never.used');
    expect(body.data).toMatchObject({ head: 0, floor: 0, subscribers: 0, items: [], messages_per_s: 0 });
    expect((await gateway.rest('GET', '/api/v1/ops/topics/no%20good')).body).toMatchObject({ code: 'BAD_REQUEST', field: 'path.topic' });
    expect((await gateway.rest('GET', '/api/v1/ops/topics/never.used?limit=501')).body).toMatchObject({ field: 'query.limit' });
  });

  it('refuses what it does not know by name', async () => {
    for (const [query, field] of [
      ['?sort=rate', 'query.sort'],
      ['?limit=0', 'query.limit'],
      ['?cursor=zzz', 'query.cursor'],
      ['?x=1', 'query.x'],
    ] as const)
      expect((await gateway.rest('GET', `/api/v1/ops/topics${query}`)).body).toMatchObject({ code: 'BAD_REQUEST', field });
    expect(await waybill('top', '--slow', '--connections').exit).toBe(2);
  });

  it('lists connections and slow ones the same way', async () => {
    const reader = await TestSocket.connect(gateway.port, await gateway.token('bob'));
    const list = waybill('top', '--connections');
    expect([await list.exit, list.out]).toEqual([0, expect.stringContaining('bob')]);
    const slow = waybill('top', '--slow');
    expect([await slow.exit, slow.err]).toEqual([0, 'No client is slow.\n']);
    await reader.close();
  });
});
