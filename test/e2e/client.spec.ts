import { WaybillClient, type ClientOptions, type Message } from '@waybill/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TcpProxy } from '../support/tcp-proxy.js';
import { startGateway, type TestGateway } from '../support/gateway.js';

const EVERYTHING = { topics: { subscribe: ['*'], publish: ['*'] }, users: { send: ['*'] }, broadcast: true };

let gateway: TestGateway;
let proxy: TcpProxy;
const clients: WaybillClient[] = [];

beforeAll(async () => {
  gateway = await startGateway({
    env: { WAYBILL_PRESENCE_COALESCE_MS: '20', WAYBILL_RECOVERY_MESSAGES: '50', WAYBILL_EXPIRING_NOTICE_S: '0' },
  });
  proxy = await TcpProxy.before(`http://127.0.0.1:${gateway.port}`);
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  proxy.restore();
});

afterAll(async () => {
  await proxy.close();
  await gateway.stop();
});

async function clientOf(user: string, options: Partial<ClientOptions> = {}): Promise<WaybillClient> {
  const token = await gateway.token(user, EVERYTHING);
  const client = new WaybillClient(`http://127.0.0.1:${gateway.port}`, { token, ...options });
  clients.push(client);
  return client;
}

async function clientThroughProxy(user: string): Promise<WaybillClient> {
  const token = await gateway.token(user, EVERYTHING);
  const client = new WaybillClient(proxy.through(`http://127.0.0.1:${gateway.port}`), {
    token,
    backoff: { minDelayMs: 50, maxDelayMs: 200 },
  });
  clients.push(client);
  return client;
}

/** Collects payloads; `until` resolves when there are so many. */
function collector<T>(): { readonly seen: T[]; readonly take: (message: Message<T>) => void; until(count: number): Promise<readonly T[]> } {
  const seen: T[] = [];
  let check: () => void = () => undefined;
  return {
    seen,
    take: ({ data }) => {
      seen.push(data);
      check();
    },
    until: (count) =>
      new Promise((resolve) => {
        check = () => {
          if (seen.length >= count) resolve(seen);
        };
        check();
      }),
  };
}

describe('the client at a real gateway', () => {
  it('publishes, receives, reads history, knows who is present', async () => {
    const [alice, bob] = [await clientOf('alice'), await clientOf('bob')];
    const got = collector<{ text: string }>();
    const joins: string[] = [];
    const subscription = alice.subscribe<{ text: string }>('chat.client', got.take);
    subscription.on('presence', ({ kind, users }) => joins.push(...users.map((user) => `${kind} ${user}`)));
    await subscription.ready();
    const bobs = bob.subscribe('chat.client');
    await bobs.ready();
    const first = await bob.publish('chat.client', { text: 'hello' }, { action: 'chat.said' });
    expect(first).toMatchObject({ topic: 'chat.client', seq: 1, duplicate: false });
    await got.until(1);
    expect(got.seen).toEqual([{ text: 'hello' }]);
    expect(subscription.position).toEqual({ epoch: first.epoch, seq: 1 });
    const page = await alice.history('chat.client');
    expect(page).toMatchObject({ head: 1, messages: [{ action: 'chat.said', msgId: first.msgId, data: { text: 'hello' } }] });
    expect((await alice.presence('chat.client')).members.map(({ user }) => user).toSorted()).toEqual(['alice', 'bob']);
    await expect.poll(() => joins).toContain('join bob');
    bobs.unsubscribe();
    await expect.poll(() => joins).toContain('leave bob');
    expect(alice.connection).toMatchObject({ user: 'alice', reconnected: false, ref: expect.stringMatching(/\S+/) as string });
  });

  it('answers a repeated msg_id with the first position, and another body with CONFLICT', async () => {
    const client = await clientOf('carol');
    const first = await client.publish('orders.1', { state: 'paid' }, { msgId: 'order-1-paid' });
    const again = await client.publish('orders.1', { state: 'paid' }, { msgId: 'order-1-paid' });
    expect(again).toEqual({ ...first, duplicate: true });
    await expect(client.publish('orders.1', { state: 'void' }, { msgId: 'order-1-paid' })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('names the refusal of what a token does not grant', async () => {
    const token = await gateway.token('guest', { topics: { subscribe: ['chat.*'], publish: [] } });
    const client = await clientOf('guest', { token });
    await expect(client.subscribe('secret.plans').ready()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await expect(client.publish('chat.x', 1)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await expect(client.request('no.such.action')).rejects.toMatchObject({ code: 'UNKNOWN_ACTION' });
    await expect(client.subscribe('not a topic').ready()).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(client.state).toBe('open');
  });

  it('ends after one look at auth/check where the token is no good', async () => {
    const client = await clientOf('x', { token: 'not.a.token' });
    await expect(client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(client.state).toBe('closed');
  });

  it('keeps its connection over the expiry of its token', async () => {
    let minted = 0;
    const client = await clientOf('dora', {
      token: async () => {
        minted += 1;
        return gateway.token('dora', { ...EVERYTHING, ttl_s: 3 });
      },
    });
    const losses: number[] = [];
    client.on('disconnected', ({ code }) => losses.push(code));
    await client.connect();
    await expect.poll(() => minted, { timeout: 15_000 }).toBeGreaterThan(3);
    expect(losses).toEqual([]);
    expect(client.state).toBe('open');
  });

  it('loses nothing, doubles nothing and keeps the order while its network is cut under traffic', async () => {
    const [publisher, subscriber] = [await clientThroughProxy('p'), await clientThroughProxy('s')];
    const got = collector<number>();
    const gaps: unknown[] = [];
    subscriber.on('gap', (gap) => gaps.push(gap));
    await subscriber.subscribe<number>('load.cut', got.take).ready();
    const published: Promise<unknown>[] = [];
    for (let number = 0; number < 600; number += 1) {
      published.push(publisher.publish('load.cut', number));
      if (number % 100 === 50) {
        proxy.cut();
        setTimeout(() => proxy.restore(), 300);
      }
      if (number % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await Promise.all(published);
    await got.until(600);
    expect(got.seen).toEqual(Array.from({ length: 600 }, (_, number) => number));
    expect(gaps).toEqual([]);
  });

  it('pages through history after an absence that was too long for recovery, with live traffic going on', async () => {
    const [publisher, subscriber] = [await clientOf('p'), await clientThroughProxy('s')];
    const got = collector<number>();
    await subscriber.subscribe<number>('load.away', got.take).ready();
    await publisher.publish('load.away', 0);
    await got.until(1);
    proxy.cut();
    for (let number = 1; number < 400; number += 1) void publisher.publish('load.away', number);
    await publisher.publish('load.away', 400);
    proxy.restore();
    for (let number = 401; number < 600; number += 1) await publisher.publish('load.away', number);
    await got.until(600);
    expect(got.seen).toEqual(Array.from({ length: 600 }, (_, number) => number));
  });

  it('catches up with messages to its user and to everyone that came while it was away, even the first', async () => {
    const [sender, receiver] = [await clientOf('sender'), await clientThroughProxy('ann@example.org')];
    const direct = collector<string>();
    const broadcast = collector<string>();
    receiver.on('direct', direct.take as (message: Message) => void);
    receiver.on('broadcast', broadcast.take as (message: Message) => void);
    await receiver.connect();
    // The position of its own topics is known once `resume` is answered, which is before this.
    await receiver.request('ping');
    proxy.cut();
    await sender.sendToUser('ann@example.org', 'missed');
    await sender.publish('$all', 'to all');
    proxy.restore();
    expect(await direct.until(1)).toEqual(['missed']);
    expect(await broadcast.until(1)).toEqual(['to all']);
    await sender.sendToUser('ann@example.org', 'live');
    expect(await direct.until(2)).toEqual(['missed', 'live']);
  });

  it('tells a reset when the topic was deleted', async () => {
    const client = await clientOf('r');
    const resets: string[] = [];
    const got = collector<number>();
    const subscription = client.subscribe<number>('temp.reset', got.take);
    subscription.on('reset', ({ previous }) => resets.push(previous.epoch));
    await subscription.ready();
    const before = await client.publish('temp.reset', 1);
    await got.until(1);
    expect((await gateway.rest('DELETE', '/api/v1/topics/temp.reset')).status).toBe(200);
    const after = await client.publish('temp.reset', 2);
    await got.until(2);
    expect(after.epoch).not.toBe(before.epoch);
    expect(resets).toEqual([before.epoch]);
  });

  it('reconnects when an operator disconnects it for now', async () => {
    const client = await clientOf('kicked', { backoff: { minDelayMs: 20 } });
    const { connectionId } = await client.connect();
    const back = new Promise((resolve) => client.on('connected', resolve));
    const lost = new Promise((resolve) => client.on('disconnected', resolve));
    await gateway.rest('DELETE', `/api/v1/ops/connections/${connectionId}`);
    expect(await lost).toMatchObject({ code: 4400 });
    expect(await back).toMatchObject({ reconnected: true });
  });
});
