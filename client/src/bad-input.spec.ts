import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { simulate } from './spec-support/simulation.js';

const unhandled: unknown[] = [];
const note = (thrown: unknown): void => void unhandled.push(thrown);

beforeAll(() => void process.on('unhandledRejection', note));

afterAll(() => {
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

describe('garbage from a server', () => {
  it.each([
    ['no JSON', 'not json'],
    ['half a frame', '{"action":"rep'],
    ['a number', '42'],
    ['null', 'null'],
    ['an array', '[]'],
    ['no action', '{"data":{}}'],
    ['an action that is no text', '{"action":7}'],
    ['a message without topic', '{"action":"x","seq":1,"epoch":"e1","data":1}'],
    ['a message with half a seq', '{"action":"x","topic":"t","seq":1.5,"epoch":"e1","data":1}'],
    ['a message with a negative seq', '{"action":"x","topic":"t","seq":-1,"epoch":"e1","data":1}'],
    ['a seq beyond 2^53', '{"action":"x","topic":"t","seq":9007199254740993,"epoch":"e1","data":1}'],
    ['a welcome without ref', '{"action":"welcome","data":{"connection_id":"c"}}'],
    ['a binary frame', new ArrayBuffer(8)],
  ])('%s is told as an error and ignored', async (_, payload) => {
    const { client, gateway, clock, events } = simulate();
    const seen: unknown[] = [];
    await client.subscribe('t', ({ data }) => seen.push(data)).ready();
    gateway.session.raw(payload);
    gateway.publish('t', 'still here');
    await clock.advance(0);
    expect(events).toEqual(['connected', 'error:BAD_FRAME']);
    expect(seen).toEqual(['still here']);
  });

  it.each([
    ['a reply to nobody', { action: 'reply', reply_to: 'nobody', code: 'OK', data: 1 }],
    ['a reply without reply_to', { action: 'reply', code: 'OK' }],
    ['a second welcome', { action: 'welcome', data: { connection_id: 'c', ref: 'R', ping_interval_ms: 1 } }],
    ['a message of a topic nobody asked for', { action: 'x', topic: 'other', epoch: 'e1', seq: 1, data: 1 }],
    ['a gap of a topic nobody asked for', { action: 'topic.gap', data: { topic: 'other', from: 1, to: 2 } }],
    ['a gap without bounds', { action: 'topic.gap', data: { topic: 't' } }],
    ['a gap that is over', { action: 'topic.gap', data: { topic: 't', from: 0, to: 0, reason: 'x' } }],
    ['presence without users', { action: 'presence.join', data: { topic: 't', users: 'alice' } }],
    ['data that is no object', { action: 'sys.reconnect.later', data: 'soon' }],
    ['a message that was seen', { action: 'x', topic: 't', epoch: 'e1', seq: 1, data: 'again' }],
  ])('%s changes nothing', async (_, frame) => {
    const { client, gateway, clock, events } = simulate();
    const seen: unknown[] = [];
    await client.subscribe('t', ({ data }) => seen.push(data)).ready();
    gateway.publish('t', 1);
    gateway.session.send(frame);
    gateway.publish('t', 2);
    await clock.advance(0);
    expect(seen).toEqual([1, 2]);
    expect(events).toEqual(['connected']);
  });

  it('a reply with a code of a newer server counts as a defect there', async () => {
    const { client, gateway, clock } = simulate();
    await client.connect();
    gateway.handle('x', () => new Promise(() => undefined));
    const failed = client.request('x', undefined, { msgId: 'm' }).catch((error: unknown) => error);
    await clock.advance(0);
    gateway.session.send({ action: 'reply', reply_to: 'm', code: 'BRAND_NEW', message: 'what' });
    expect(await failed).toMatchObject({ code: 'INTERNAL', message: 'what' });
  });

  it('a publish reply without a position rejects', async () => {
    const { client, gateway } = simulate();
    gateway.handle('topic.publish', () => ({ seq: 'one' }));
    await expect(client.publish('t', 1)).rejects.toMatchObject({ code: 'BAD_FRAME' });
  });

  it('a hole in the live messages is filled from history, in order', async () => {
    const { client, gateway, clock } = simulate();
    const seen: number[] = [];
    await client.subscribe('t', ({ seq }) => seen.push(seq)).ready();
    gateway.publish('t', 1);
    const deliver = gateway.session.deliver.bind(gateway.session);
    gateway.session.deliver = () => undefined;
    gateway.publish('t', 2);
    gateway.publish('t', 3);
    gateway.session.deliver = deliver;
    gateway.publish('t', 4);
    gateway.publish('t', 5);
    await clock.advance(0);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it('a gap that the server tells is told once, clipped to what was missed', async () => {
    const { client, gateway, clock } = simulate();
    const seen: unknown[] = [];
    const subscription = client.subscribe('t', ({ seq }) => seen.push(seq));
    subscription.on('gap', ({ from, to, reason }) => seen.push([from, to, reason]));
    await subscription.ready();
    gateway.publish('t', 1);
    gateway.session.send({ action: 'topic.gap', topic: 't', data: { topic: 't', from: 1, to: 3, reason: 'dropped' } });
    gateway.log('t').append({ topic: 't', data: 2, msgId: 'a', timestamp: 0 });
    gateway.log('t').append({ topic: 't', data: 3, msgId: 'b', timestamp: 0 });
    gateway.publish('t', 4);
    await clock.advance(0);
    expect(seen).toEqual([1, [2, 3, 'dropped'], 4]);
  });
});

describe('a callback that throws', () => {
  it.each([
    [
      'at once',
      () => {
        throw new Error('mine');
      },
    ],
    ['later', () => Promise.reject(new Error('mine'))],
  ])('%s is told as an error; the others are called and messages go on', async (_, bad) => {
    const { client, gateway, clock, events } = simulate();
    const causes: unknown[] = [];
    client.on('error', ({ cause }) => causes.push(cause));
    client.on('connected', bad);
    const seen: number[] = [];
    const subscription = client.subscribe('t', bad);
    subscription.on('message', ({ seq }) => seen.push(seq));
    subscription.on('subscribed', bad);
    await subscription.ready();
    gateway.publish('t', 1);
    gateway.publish('t', 2);
    await clock.advance(0);
    expect(seen).toEqual([1, 2]);
    expect(events.filter((event) => event === 'error:LISTENER_FAILED')).toHaveLength(4);
    expect(causes.every((cause) => cause instanceof Error && cause.message === 'mine')).toBe(true);
  });

  it('what has no text harms nothing: not from a listener, nor from the token callback', async () => {
    let asked = 0;
    const { client, clock, events } = simulate({
      token: () => {
        asked += 1;
        if (asked === 1) throw Object.create(null) as unknown;
        return 'token';
      },
    });
    client.on('connected', () => Promise.reject(Object.create(null) as Error));
    client.connect().catch(() => undefined);
    await clock.advance(1_000);
    expect(events).toEqual(['error:TOKEN_FAILED', 'retrying:250', 'connected', 'error:LISTENER_FAILED']);
  });

  it('of the error event goes to the console, not round in circles', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { client, gateway, clock } = simulate();
    client.on('error', () => {
      throw new Error('mine');
    });
    await client.connect();
    gateway.session.raw('garbage');
    await clock.advance(0);
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });
});
