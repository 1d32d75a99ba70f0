import { describe, expect, it } from 'vitest';
import { WaybillError } from './errors.js';
import type { Message } from './message.js';
import { simulate } from './spec-support/simulation.js';
import { SimulatedRefusal } from './testing/simulated-session.js';
import { SimulatedSocket } from './testing/simulated-socket.js';

describe('a connection that is lost', () => {
  it('comes back after full jitter, with windows that grow while it fails', async () => {
    const { client, gateway, clock, events } = simulate();
    await client.connect();
    await clock.advance(60_000);
    gateway.cut();
    await clock.advance(3_749);
    gateway.restore();
    await clock.advance(2_000);
    expect(events).toEqual([
      'connected',
      'disconnected:1006',
      ...['retrying:250', 'retrying:500', 'retrying:1000', 'retrying:2000'],
      'reconnected',
    ]);
  });

  it('keeps its windows wide while connections open and break at once', async () => {
    const { client, gateway, clock, events } = simulate();
    await client.connect();
    for (let round = 0; round < 3; round += 1) {
      gateway.session.close(1011);
      await clock.advance(3_000);
    }
    expect(events.filter((event) => event.startsWith('retrying'))).toEqual(['retrying:250', 'retrying:500', 'retrying:1000']);
  });

  it('begins with short delays again once a connection held', async () => {
    const { client, gateway, clock, events } = simulate();
    await client.connect();
    for (let round = 0; round < 3; round += 1) {
      await clock.advance(5_000);
      gateway.session.close(1011);
      await clock.advance(1_000);
    }
    expect(events.filter((event) => event.startsWith('retrying'))).toEqual(['retrying:250', 'retrying:250', 'retrying:250']);
  });

  it('stays away as long as sys.closing asks', async () => {
    const { client, gateway, clock, events } = simulate();
    await client.connect();
    gateway.session.close(1012, 'node draining', 7_000);
    await clock.advance(7_200);
    expect(client.state).toBe('waiting');
    await clock.advance(100);
    expect(events.slice(1)).toEqual(['disconnected:1012', 'retrying:7250', 'reconnected']);
  });

  it('moves when sys.reconnect asks, after the time that it names and without jitter', async () => {
    const { client, gateway, clock, events } = simulate();
    await client.connect();
    gateway.session.notice('sys.reconnect', { after_ms: 4_000, reason: 'draining' });
    await clock.advance(3_999);
    expect(events).toEqual(['connected']);
    await clock.advance(1);
    expect(events).toEqual(['connected', 'disconnected:1000', 'reconnected']);
    expect(gateway.sessions).toHaveLength(1);
  });

  it('keeps the time that sys.reconnect named when the close comes first', async () => {
    const { client, gateway, clock, events } = simulate();
    await client.connect();
    gateway.session.notice('sys.reconnect', { after_ms: 4_000, reason: 'draining' });
    await clock.advance(1_000);
    gateway.session.close(1012);
    await clock.advance(10_000);
    expect(events).toEqual(['connected', 'disconnected:1012', 'retrying:3250', 'reconnected']);
    expect(gateway.sessions).toHaveLength(1);
  });

  it('waits as long as a refused upgrade asks', async () => {
    const { client, gateway, clock, events } = simulate();
    gateway.refuse(new SimulatedRefusal('UNAVAILABLE', 'full', 9_000));
    client.connect().catch(() => undefined);
    await clock.advance(0);
    gateway.refuse(undefined);
    await clock.advance(9_249);
    expect(events).toEqual(['retrying:9250']);
    await clock.advance(1);
    expect(events).toEqual(['retrying:9250', 'connected']);
  });

  it('is given up where no welcome comes', async () => {
    const { client, clock, events } = simulate({ webSocket: SimulatedSocket });
    void client.connect().catch(() => undefined);
    await clock.advance(10_000);
    expect(events).toEqual(['retrying:250']);
  });
});

describe('silence', () => {
  it('is answered by a ping after the interval, and frames put it off', async () => {
    const { client, gateway, clock } = simulate({}, { pingIntervalMs: 10_000 });
    await client.connect();
    const pings = (): number => gateway.frames.filter(({ action }) => action === 'ping').length;
    await clock.advance(6_000);
    gateway.session.notice('presence.join', { topic: 'x', users: [] });
    await clock.advance(9_000);
    expect(pings()).toBe(0);
    await clock.advance(2_000);
    expect(pings()).toBe(1);
    await clock.advance(100_000);
    expect(pings()).toBeGreaterThanOrEqual(10);
    expect(client.state).toBe('open');
  });

  it('after the ping is death: the client reconnects', async () => {
    const { client, gateway, clock, events } = simulate({}, { pingIntervalMs: 10_000 });
    await client.connect();
    gateway.session.silence();
    await clock.advance(17_999);
    expect(events).toEqual(['connected']);
    await clock.advance(1_000);
    expect(events).toEqual(['connected', 'disconnected:1006', 'retrying:250', 'reconnected']);
  });
});

describe('subscriptions', () => {
  it('go on where they stopped, in order, with nothing lost and nothing twice', async () => {
    const { client, gateway, clock } = simulate();
    const seen: number[] = [];
    client.subscribe<number>('chat.lobby', ({ data }) => seen.push(data));
    await clock.advance(0);
    const sent: number[] = [];
    for (let number = 0; number < 200; number += 1) {
      gateway.publish('chat.lobby', number);
      sent.push(number);
      if (number % 20 === 10) gateway.session.close(1006);
      if (number % 20 === 19) await clock.advance(30_000);
    }
    await clock.advance(30_000);
    expect(seen).toEqual(sent);
  });

  it('page through history where the server could not recover, live messages after it', async () => {
    const { client, gateway, clock } = simulate({}, { recoveryLimit: 10 });
    const seen: number[] = [];
    client.subscribe<number>('chat.lobby', ({ data }) => seen.push(data));
    await clock.advance(0);
    gateway.publish('chat.lobby', 0);
    await clock.advance(6_000);
    gateway.cut();
    for (let number = 1; number < 1_000; number += 1) gateway.publish('chat.lobby', number);
    gateway.restore();
    client.on('connected', () => {
      for (let number = 1_000; number < 1_100; number += 1) gateway.publish('chat.lobby', number);
    });
    await clock.advance(30_000);
    expect(seen).toEqual(Array.from({ length: 1_100 }, (_, number) => number));
  });

  it('tell one gap with exact bounds where history was too short', async () => {
    const { client, gateway, clock, events } = simulate({}, { recoveryLimit: 10 });
    const seen: (number | string)[] = [];
    const subscription = client.subscribe('t', ({ seq }) => seen.push(seq));
    subscription.on('gap', ({ from, to }) => seen.push(`gap ${from}-${to}`));
    client.on('gap', ({ topic }) => events.push(`gap:${topic}`));
    await clock.advance(0);
    gateway.publish('t', 1);
    gateway.publish('t', 2);
    await clock.advance(6_000);
    gateway.cut();
    for (let number = 3; number <= 100; number += 1) gateway.publish('t', number);
    gateway.log('t').expire(90);
    gateway.restore();
    await clock.advance(30_000);
    gateway.publish('t', 101);
    await clock.advance(0);
    expect(seen).toEqual([1, 2, 'gap 3-90', ...Array.from({ length: 11 }, (_, index) => 91 + index)]);
    expect(events.filter((event) => event.startsWith('gap'))).toEqual(['gap:t']);
  });

  it('tell a gap for what is more than they may fetch', async () => {
    const { client, gateway, clock } = simulate({ maxCatchUp: 20 }, { recoveryLimit: 10 });
    const seen: (number | string)[] = [];
    client.subscribe('t', ({ seq }) => seen.push(seq)).on('gap', ({ from, to }) => seen.push(`gap ${from}-${to}`));
    await clock.advance(0);
    gateway.cut();
    for (let number = 1; number <= 50; number += 1) gateway.publish('t', number);
    gateway.restore();
    await clock.advance(30_000);
    expect(seen).toEqual(['gap 1-30', ...Array.from({ length: 20 }, (_, index) => 31 + index)]);
  });

  it('tell a reset when the log began anew, live or while they were away', async () => {
    const { client, gateway, clock } = simulate();
    const seen: string[] = [];
    const subscription = client.subscribe('t', ({ epoch, seq }) => seen.push(`${epoch}:${seq}`));
    subscription.on('reset', ({ previous, current }) =>
      seen.push(`reset ${previous.epoch}:${previous.seq} ${current.epoch}:${current.seq}`),
    );
    await clock.advance(0);
    gateway.publish('t', 1);
    await clock.advance(0);
    gateway.resetTopic('t');
    gateway.publish('t', 1);
    await clock.advance(6_000);
    gateway.cut();
    gateway.resetTopic('t');
    gateway.publish('t', 1);
    gateway.publish('t', 2);
    gateway.restore();
    await clock.advance(30_000);
    gateway.publish('t', 3);
    await clock.advance(0);
    expect(seen).toEqual(['e1:1', 'reset e1:1 e2:0', 'e2:1', 'reset e2:1 e3:2', 'e3:3']);
  });

  it('recover messages to this user and to everyone', async () => {
    const { client, gateway, clock } = simulate({}, { user: 'alice' });
    const seen: unknown[] = [];
    client.on('direct', ({ data }) => seen.push(data));
    client.on('broadcast', ({ data }) => seen.push(data));
    await client.connect();
    gateway.publish('$user.alice', 'd1');
    gateway.publish('$all', 'b1');
    await clock.advance(6_000);
    gateway.cut();
    gateway.publish('$user.alice', 'd2');
    gateway.publish('$all', 'b2');
    gateway.restore();
    await clock.advance(30_000);
    gateway.publish('$user.alice', 'd3');
    await clock.advance(0);
    expect(seen).toEqual(['d1', 'b1', 'd2', 'b2', 'd3']);
    const resumes = gateway.frames.filter(({ action }) => action === 'resume').map(({ data }) => data);
    const topics = ['$user.alice', '$all'];
    expect(resumes[0]).toEqual({ topics: topics.map((topic) => ({ topic })) });
    expect(resumes.at(-1)).toEqual({ session: 'session-of-REF-1', topics: topics.map((topic) => ({ topic, epoch: 'e1', seq: 1 })) });
  });

  it('share one frame when they are made in one turn, and need several when they are many', async () => {
    const { client, gateway, clock } = simulate();
    await client.connect();
    for (let number = 0; number < 100; number += 1) client.subscribe(`t.${number}`);
    await clock.advance(0);
    const sizes = gateway.frames
      .filter(({ action }) => action === 'topic.subscribe')
      .map(({ data }) => (data as { topics: unknown[] }).topics.length);
    expect(sizes).toEqual([64, 36]);
  });

  it('end when the server refuses them for good, and ready() rejects', async () => {
    const { client, gateway, clock } = simulate();
    gateway.refuseTopic('secret', new SimulatedRefusal('PERMISSION_DENIED', 'claims.topics.subscribe refused'));
    const subscription = client.subscribe('secret');
    const refused = subscription.ready().catch((error: unknown) => error);
    await clock.advance(0);
    expect(await refused).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(subscription.state).toBe('ended');
    await expect(subscription.ready()).rejects.toBeInstanceOf(WaybillError);
  });

  it('are asked for again when the server cannot answer for now', async () => {
    const { client, gateway, clock } = simulate();
    gateway.refuseTopic('t', new SimulatedRefusal('UNAVAILABLE', 'later', 3_000));
    const subscription = client.subscribe('t');
    await clock.advance(2_000);
    gateway.refuseTopic('t', undefined);
    await clock.advance(2_000);
    expect(subscription.state).toBe('subscribed');
  });

  it('deliver nothing after unsubscribe, and a new one to the same topic begins afresh', async () => {
    const { client, gateway, clock } = simulate();
    const seen: string[] = [];
    const first = client.subscribe('t', ({ seq }) => {
      seen.push(`first ${seq}`);
      first.unsubscribe();
    });
    await clock.advance(0);
    gateway.publish('t', 1);
    gateway.publish('t', 2);
    await clock.advance(0);
    client.subscribe('t', ({ seq }) => seen.push(`second ${seq}`));
    gateway.publish('t', 3);
    await clock.advance(0);
    gateway.publish('t', 4);
    await clock.advance(0);
    expect(seen).toEqual(['first 1', 'second 4']);
    expect(gateway.session.topics).toContain('t');
  });

  it('begin where they are told to', async () => {
    const { client, gateway, clock } = simulate();
    for (let number = 1; number <= 5; number += 1) gateway.publish('t', number);
    const begin = async (since: Parameters<typeof client.subscribe>[2]): Promise<readonly number[]> => {
      const seen: number[] = [];
      const subscription = client.subscribe('t', (message: Message) => seen.push(message.seq), since);
      await clock.advance(10);
      subscription.unsubscribe();
      await clock.advance(10);
      return seen;
    };
    expect(await begin({})).toEqual([]);
    expect(await begin({ since: 'start' })).toEqual([1, 2, 3, 4, 5]);
    expect(await begin({ since: { seq: 3 } })).toEqual([4, 5]);
    expect(await begin({ since: { epoch: 'e1', seq: 4 } })).toEqual([5]);
    gateway.log('t').expire(3);
    expect(await begin({ since: 'start' })).toEqual([4, 5]);
  });

  it('acknowledge by themselves where they were told to, once for many', async () => {
    const { client, gateway, clock } = simulate();
    client.subscribe('t', undefined, { ack: 'auto' });
    await clock.advance(0);
    for (let number = 1; number <= 5; number += 1) gateway.publish('t', number);
    await clock.advance(1_000);
    expect(gateway.frames.filter(({ action }) => action === 'topic.ack').map(({ data }) => data)).toEqual([
      { topic: 't', epoch: 'e1', seq: 5 },
    ]);
    expect(gateway.frames.find(({ action }) => action === 'topic.subscribe')?.data).toEqual({ topics: [{ topic: 't', ack: true }] });
  });
});
