import { describe, expect, it } from 'vitest';
import { simulate } from './spec-support/simulation.js';
import { SimulatedRefusal } from './testing/simulated-session.js';

function refusingFirst(times: number, refusal: SimulatedRefusal): () => undefined {
  let left = times;
  return () => {
    left -= 1;
    if (left >= 0) throw refusal;
    return undefined;
  };
}

describe('publish', () => {
  it('resolves with the position', async () => {
    const { client } = simulate();
    expect(await client.publish('t', { a: 1 }, { msgId: 'm1' })).toEqual({
      topic: 't',
      epoch: 'e1',
      seq: 1,
      msgId: 'm1',
      duplicate: false,
    });
    expect(await client.publish('t', { a: 1 }, { msgId: 'm1' })).toMatchObject({ seq: 1, duplicate: true });
  });

  it.each([
    ['UNKNOWN_OUTCOME', 2_000],
    ['UNAVAILABLE', 2_000],
    ['DRAINING', 2_000],
    ['UNAVAILABLE', undefined],
  ] as const)('is repeated with the same msg_id after %s, pausing %j ms', async (code, retryAfterMs) => {
    const { client, gateway, clock } = simulate();
    const ids: string[] = [];
    await client.connect();
    const original = gateway.store.bind(gateway);
    gateway.store = (publish) => {
      ids.push(publish.msgId);
      return original(publish);
    };
    gateway.handle('topic.publish', refusingFirst(2, new SimulatedRefusal(code, 'not now', retryAfterMs)));
    const published = client.publish('t', 1);
    await clock.advance((retryAfterMs ?? 250) * 2);
    expect(await published).toMatchObject({ seq: 1 });
    expect(gateway.frames.filter(({ action }) => action === 'topic.publish')).toHaveLength(3);
    expect(ids).toHaveLength(1);
  });

  it('is repeated with the same msg_id when the connection broke before the reply', async () => {
    const { client, gateway, clock } = simulate();
    await client.connect();
    let cut = false;
    const original = gateway.store.bind(gateway);
    gateway.store = (publish) => {
      const stored = original(publish);
      if (!cut) gateway.session.silence();
      cut = true;
      return stored;
    };
    const published = client.publish('t', 'once');
    await clock.advance(60_000);
    expect(await published).toMatchObject({ seq: 1, duplicate: true });
    expect(gateway.log('t').head).toBe(1);
  });

  it('keeps the order of publishes that wait for a connection', async () => {
    const { client, gateway, clock } = simulate();
    await client.connect();
    gateway.cut();
    const published = Array.from({ length: 50 }, (_, number) => client.publish('t', number));
    await clock.advance(1_000);
    gateway.restore();
    await clock.advance(5_000);
    await Promise.all(published);
    expect(
      gateway
        .log('t')
        .after(0)
        .map(({ data }) => data),
    ).toEqual(Array.from({ length: 50 }, (_, number) => number));
  });

  it('keeps the order of publishes that were under way when the connection broke', async () => {
    const { client, gateway, clock } = simulate();
    await client.connect();
    const published = Array.from({ length: 50 }, (_, number) => client.publish('t', number));
    gateway.session.close(1006);
    published.push(...Array.from({ length: 10 }, (_, number) => client.publish('t', 50 + number)));
    await clock.advance(5_000);
    await Promise.all(published);
    expect(
      gateway
        .log('t')
        .after(0)
        .map(({ data }) => data),
    ).toEqual(Array.from({ length: 60 }, (_, number) => number));
  });

  it.each(['BAD_REQUEST', 'PERMISSION_DENIED', 'CONFLICT', 'PAYLOAD_TOO_LARGE', 'RATE_LIMITED'] as const)(
    'rejects with %s at once',
    async (code) => {
      const { client, gateway } = simulate();
      gateway.handle('topic.publish', refusingFirst(1, new SimulatedRefusal(code, 'no', 1_000)));
      await expect(client.publish('t', 1)).rejects.toMatchObject({ code, retryAfterMs: 1_000 });
      expect(gateway.frames.filter(({ action }) => action === 'topic.publish')).toHaveLength(1);
    },
  );

  it('rejects with the last failure when its time is over', async () => {
    const { client, gateway, clock } = simulate();
    gateway.handle('topic.publish', refusingFirst(1_000, new SimulatedRefusal('UNAVAILABLE', 'database away', 1_000)));
    const failed = client.publish('t', 1, { timeoutMs: 5_000 }).catch((error: unknown) => error);
    await clock.advance(6_000);
    expect(await failed).toMatchObject({ code: 'UNAVAILABLE', message: 'database away' });
    expect(clock.pending).toBeLessThan(5);
  });

  it('of what JSON cannot hold rejects, and the connection lives', async () => {
    const { client } = simulate();
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    await expect(client.publish('t', circular)).rejects.toMatchObject({ code: 'BAD_REQUEST', field: 'data' });
    await expect(client.publish('t', 1n)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    await expect(client.publish('t', 1)).resolves.toMatchObject({ seq: 1 });
  });
});

describe('requests', () => {
  it('carry own actions and their results', async () => {
    const { client, gateway } = simulate();
    gateway.handle('order.submit', (data) => ({ accepted: data }));
    gateway.handle('order.cancel', () => undefined);
    expect(await client.request('order.submit', { id: 7 })).toEqual({ accepted: { id: 7 } });
    expect(await client.request('order.cancel')).toBeUndefined();
    await expect(client.request('order.unknown')).rejects.toMatchObject({ code: 'UNKNOWN_ACTION' });
  });

  it('read history and presence', async () => {
    const { client, gateway } = simulate({}, { user: 'alice' });
    for (let number = 1; number <= 5; number += 1) gateway.publish('t', { number });
    await client.subscribe('t').ready();
    const page = await client.history('t', { after: 1, limit: 2 });
    expect([page.epoch, page.head, page.messages.map(({ seq, data, msgId }) => [seq, data, msgId !== ''])]).toEqual([
      'e1',
      5,
      [
        [2, { number: 2 }, true],
        [3, { number: 3 }, true],
      ],
    ]);
    expect(await client.presence('t')).toMatchObject({ members: [{ user: 'alice' }], usersCount: 1, connectionsCount: 1 });
  });

  it('send to a user', async () => {
    const { client, gateway } = simulate();
    await client.sendToUser('bob', 'hi');
    expect(
      gateway
        .log('$user.bob')
        .after(0)
        .map(({ data }) => data),
    ).toEqual(['hi']);
  });

  it('are not repeated when the connection breaks: they reject', async () => {
    const { client, gateway, clock } = simulate();
    await client.connect();
    gateway.handle('slow', () => new Promise(() => undefined));
    const failed = client.request('slow').catch((error: unknown) => error);
    await clock.advance(0);
    gateway.session.close(1012);
    await clock.advance(0);
    expect(await failed).toMatchObject({ code: 'CONNECTION_LOST', closeCode: 1012 });
    await clock.advance(10_000);
    expect(gateway.frames.filter(({ action }) => action === 'slow')).toHaveLength(1);
  });

  it('reject when no reply comes in time, and a late one is ignored', async () => {
    const { client, gateway, clock, events } = simulate();
    let answer: (value: unknown) => void = () => undefined;
    gateway.handle('slow', () => new Promise((resolve) => (answer = resolve)));
    const failed = client.request('slow', undefined, { timeoutMs: 500 }).catch((error: unknown) => error);
    await clock.advance(500);
    expect(await failed).toMatchObject({ code: 'REPLY_TIMEOUT' });
    answer('late');
    await clock.advance(10);
    expect(events).toEqual(['connected']);
  });

  it('wait for a connection no longer than their time', async () => {
    const { client, gateway, clock } = simulate();
    gateway.cut();
    const failed = client.request('x', undefined, { timeoutMs: 5_000 }).catch((error: unknown) => error);
    await clock.advance(5_000);
    expect(await failed).toMatchObject({ code: 'CONNECTION_LOST' });
  });

  it('refuse a msg_id that is under way', async () => {
    const { client, gateway } = simulate();
    await client.connect();
    gateway.handle('slow', () => new Promise(() => undefined));
    client.request('slow', undefined, { msgId: 'same' }).catch(() => undefined);
    await expect(client.request('ping', undefined, { msgId: 'same' })).rejects.toMatchObject({ code: 'BAD_REQUEST', field: 'msg_id' });
  });
});

describe('close', () => {
  it('ends everything once: what waits rejects, subscriptions end, nothing is left to run', async () => {
    const { client, gateway, clock, events } = simulate();
    const subscription = client.subscribe('t');
    await subscription.ready();
    gateway.handle('slow', () => new Promise(() => undefined));
    const waiting = client.request('slow').catch((error: unknown) => error);
    await clock.advance(0);
    client.close();
    client.close();
    expect(await waiting).toMatchObject({ code: 'CLOSED' });
    expect(subscription.state).toBe('ended');
    await expect(client.publish('t', 1)).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(client.connect()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(client.subscribe('u').state).toBe('ended');
    await clock.advance(60_000);
    expect(events).toEqual(['connected', 'closed:CLOSED']);
    expect(clock.pending).toBe(0);
    expect(gateway.sessions).toEqual([]);
  });

  it.each(['before the token came', 'while it connects', 'while it waits to try again'])('%s leaves nothing behind', async (when) => {
    let give: (token: string) => void = () => undefined;
    const { client, gateway, clock, events } = simulate(
      when === 'before the token came' ? { token: () => new Promise((resolve) => (give = resolve)) } : {},
    );
    if (when === 'while it waits to try again') gateway.cut();
    client.connect().catch(() => undefined);
    if (when === 'while it waits to try again') await clock.advance(0);
    client.close();
    give('late');
    await clock.advance(60_000);
    expect(events.at(-1)).toBe('closed:CLOSED');
    expect([clock.pending, gateway.sessions.length, client.state]).toEqual([0, 0, 'closed']);
  });
});
