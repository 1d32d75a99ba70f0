import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventReader, type ReadEvent } from '../../../test/support/event-reader.js';
import { RawHttp } from '../../../test/support/raw-http.js';
import { type RestServer, startRestServer } from '../../../test/support/rest-server.js';
import { EventBus } from '../../messaging/event-bus.js';
import { Subscriptions } from '../../messaging/subscriptions.js';
import { TopicsView } from '../../messaging/topics-view.js';
import type { DeliverCounts } from '../../telemetry/telemetry.js';

let server: RestServer;
beforeAll(async () => {
  server = await startRestServer({
    env: {
      WAYBILL_SSE_COMMENT_MS: '100',
      WAYBILL_PRESENCE_COALESCE_MS: '0',
      WAYBILL_CONNECTIONS_PER_USER: '2',
      WAYBILL_RECOVERY_MESSAGES: '5',
    },
  });
});
afterAll(() => server.close());

async function open(topic: string, headers: Readonly<Record<string, string>> = {}, query = '', on = server): Promise<EventReader> {
  const authorization = `Bearer ${on.credentials.key('read')}`;
  return EventReader.open(`http://127.0.0.1:${on.port}/api/v1/topics/${topic}/messages${query}`, { authorization, ...headers });
}

async function publish(topic: string, data: string, on = server): Promise<void> {
  const answer = await on.call('POST', `/api/v1/topics/${topic}/messages`, `{"data":${data}}`);
  expect(answer.status, answer.text).toBe(201);
}

const seqOf = (event: ReadEvent | undefined): number => (JSON.parse(event?.data ?? '') as { seq: number }).seq;
const dataOf = (event: ReadEvent | undefined): unknown => JSON.parse(event?.data ?? '');

describe('an event stream', () => {
  it('begins with where it stands, then brings messages with their position as id', async () => {
    await publish('live', '0');
    const stream = await open('live');
    expect(stream.response.status).toBe(200);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers.get('vary')).toBe('Origin, Accept');
    const first = await stream.next();
    const { epoch } = dataOf(first) as { epoch: string };
    expect(first).toEqual({ id: `${epoch}:1`, event: 'topic.subscribed', data: expect.any(String) });
    expect(dataOf(first)).toEqual({ topic: 'live', epoch, head: 1, count: 0 });
    await publish('live', '{"a": 1.50}');
    const message = await stream.next();
    expect(message).toMatchObject({ id: `${epoch}:2`, event: 'message' });
    expect(message?.data).toContain('"data":{"a": 1.50}}');
    expect(dataOf(message)).toMatchObject({ version: '1', action: 'message', topic: 'live', epoch, seq: 2, data: { a: 1.5 } });
    stream.close();
  });

  it('carries a payload with line breaks', async () => {
    const stream = await open('lines');
    await stream.next();
    await publish('lines', '{\n"a":\r\n[1,\r2]}');
    expect(dataOf(await stream.next())).toMatchObject({ data: { a: [1, 2] } });
    stream.close();
  });

  it('resumes by Last-Event-ID without a loss and without a repeat', async () => {
    const before = await open('resume');
    await before.next();
    await publish('resume', '1');
    await publish('resume', '2');
    const [, second] = await before.take(2);
    before.close();
    await publish('resume', '3');
    await publish('resume', '4');
    const after = await open('resume', { 'last-event-id': second?.id ?? '' });
    await publish('resume', '5');
    const [first, ...messages] = await after.take(4);
    expect(dataOf(first)).toMatchObject({ recovered: true, head: 4, count: 2 });
    expect(first?.id).toBeUndefined();
    expect(messages.map(seqOf)).toEqual([3, 4, 5]);
    after.close();
  });

  it('starts behind ?after=, and Last-Event-ID wins over it', async () => {
    for (const data of ['1', '2', '3']) await publish('after', data);
    const fromStart = await open('after', {}, '?after=0');
    expect((await fromStart.take(4)).slice(1).map(seqOf)).toEqual([1, 2, 3]);
    fromStart.close();
    const { epoch } = await server.log.read('after', { limit: 1 });
    const resumed = await open('after', { 'last-event-id': `${epoch}:2` }, `?after=0&epoch=${epoch}`);
    expect((await resumed.take(2)).slice(1).map(seqOf)).toEqual([3]);
    resumed.close();
  });

  it.each([
    ['another epoch', 'other:1', 1],
    ['too much to push', undefined, 0],
  ])('says that it could not recover: %s', async (_name, id, seq) => {
    const topic = `unrecovered.${seq}`;
    for (let n = 0; n < 6; n += 1) await publish(topic, '1');
    const { epoch } = await server.log.read(topic, { limit: 1 });
    const stream = await open(topic, { 'last-event-id': id ?? `${epoch}:${seq}` });
    const first = await stream.next();
    expect(dataOf(first)).toMatchObject({ recovered: false, head: 6, count: 0 });
    expect(first?.id).toBe(`${epoch}:6`);
    await publish(topic, '7');
    expect(seqOf(await stream.next())).toBe(7);
    stream.close();
  });

  it('sends comments while nothing happens', async () => {
    const stream = await open('comments');
    await stream.until((text) => (text.match(/^: /gm) ?? []).length >= 2);
    stream.close();
  });

  it('brings what else happens to the topic as named events', async () => {
    await publish('named', '1');
    const stream = await open('named');
    await stream.next();
    const headers = { authorization: `Bearer ${server.credentials.token('alice', { topics: { subscribe: ['*'], publish: [] } })}` };
    const alice = await open('named', headers);
    const joined = await stream.next();
    expect(joined).toMatchObject({ id: undefined, event: 'presence.join' });
    expect(dataOf(joined)).toMatchObject({ topic: 'named', data: { users: ['alice'], users_count: 1, connections_count: 1 } });
    alice.close();
    expect(await stream.next()).toMatchObject({ event: 'presence.leave' });
    await server.call('DELETE', '/api/v1/topics/named');
    const reset = await stream.next();
    const { epoch } = (dataOf(reset) as { data: { epoch: string } }).data;
    expect(reset).toMatchObject({ id: `${epoch}:0`, event: 'topic.reset' });
    await publish('named', '1');
    expect(await stream.next()).toMatchObject({ id: `${epoch}:1` });
    stream.close();
  });

  it('leaves nothing behind', async () => {
    const topics = server.app.get(TopicsView, { strict: false });
    await expect.poll(() => server.streams.size).toBe(0);
    server.telemetry.events.length = 0;
    const seen: string[] = [];
    const bus = server.app.get(EventBus, { strict: false });
    const stop = [
      bus.on('connection.opened', ({ id }) => seen.push(`opened ${id}`)),
      bus.on('connection.closed', ({ connection, close }) => seen.push(`closed ${connection.id} ${close.code}`)),
    ];
    const stream = await open('leaves', {}, '?client=test/1');
    await stream.next();
    await publish('leaves', '1');
    await stream.next();
    stream.close();
    await expect.poll(() => server.telemetry.of('connectionClosed')).toHaveLength(1);
    const [[opened]] = server.telemetry.of('connectionOpened') as [[{ id: string }]];
    expect(opened).toMatchObject({
      client: 'test/1',
      address: '127.0.0.1',
      transport: 'sse',
      ref: expect.stringMatching(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/),
    });
    expect(server.telemetry.of('connectionClosed')[0]?.[1]).toMatchObject({
      code: 1000,
      initiator: 'client',
      framesOut: 2,
      bytesOut: expect.any(Number),
    });
    expect(seen).toEqual([`opened ${opened.id}`, `closed ${opened.id} 1000`]);
    expect(server.telemetry.of('unsubscribed')).toHaveLength(1);
    await expect.poll(() => topics.subscriptions()).toBe(0);
    expect(server.streams.size).toBe(0);
    for (const end of stop) end();
  });

  it('leaves nothing behind when its reader is gone before it begins', async () => {
    const node = await startRestServer();
    const subscriptions = node.app.get(Subscriptions, { strict: false });
    const subscribe = subscriptions.subscribe.bind(subscriptions);
    const gate = Promise.withResolvers<void>();
    const begun = new Promise<void>((resolve) => {
      subscriptions.subscribe = async (...parameters) => {
        resolve();
        await gate.promise;
        return subscribe(...parameters);
      };
    });
    const gone = new Promise((resolve) => node.app.getHttpServer().once('connection', (socket: Socket) => socket.once('close', resolve)));
    const raw = RawHttp.open(node.port);
    raw.send(
      `GET /api/v1/topics/hasty/messages HTTP/1.1\r\nHost: x\r\nX-API-Key: ${node.credentials.key('read')}\r\nAccept: text/event-stream\r\n\r\n`,
    );
    await begun;
    raw.close();
    await gone;
    gate.resolve();
    await expect.poll(() => node.telemetry.of('subscribed')).toHaveLength(1);
    await expect.poll(() => node.telemetry.of('unsubscribed')).toHaveLength(1);
    expect(node.streams.size).toBe(0);
    expect(node.telemetry.of('connectionOpened')).toEqual([]);
    await node.close();
  });
});

describe('a refused event stream', () => {
  it.each([
    ['a topic out of reach', 'private', {}, '', 403, 'PERMISSION_DENIED', undefined],
    ['an id that is none', 'mine', { 'last-event-id': 'yesterday' }, '', 400, 'BAD_REQUEST', 'Last-Event-ID'],
    ['a position that is none', 'mine', {}, '?after=x', 400, 'BAD_REQUEST', 'query.after'],
    ['an epoch that is none', 'mine', {}, '?after=1&epoch=a%20b', 400, 'BAD_REQUEST', 'query.epoch'],
  ])('answers %s as JSON', async (_name, topic, headers, query, status, code, field) => {
    const authorization = `Bearer ${server.credentials.token('bob', { topics: { subscribe: ['mine'], publish: [] } })}`;
    const stream = await open(topic, { authorization, ...headers }, query);
    expect(stream.response.status).toBe(status);
    expect(await stream.response.json().catch(() => undefined)).toBeUndefined();
    await stream.rest();
    expect(JSON.parse(stream.text)).toMatchObject({ code });
    expect((JSON.parse(stream.text) as { field?: string }).field).toBe(field);
    expect(server.streams.size).toBe(0);
  });

  it('bounds the streams of a user', async () => {
    const headers = { authorization: `Bearer ${server.credentials.token('carol', { topics: { subscribe: ['*'], publish: [] } })}` };
    const streams = [await open('many', headers), await open('many', headers), await open('many', headers)];
    expect(streams.map(({ response }) => response.status)).toEqual([200, 200, 429]);
    expect(streams[2]?.response.headers.get('retry-after')).toBe('5');
    for (const stream of streams) stream.close();
    await expect.poll(() => server.streams.size).toBe(0);
  });
});

describe('the end of an event stream', () => {
  it('comes with the expiry of the token', async () => {
    const authorization = `Bearer ${server.credentials.token('dave', { topics: { subscribe: ['*'], publish: [] } }, Date.now() + 300)}`;
    const stream = await open('expiring', { authorization });
    const [first, last, ...more] = (await stream.rest()).filter(({ event }) => event !== 'presence.join');
    expect(first?.event).toBe('topic.subscribed');
    expect(last?.event).toBe('sys.closing');
    expect(dataOf(last)).toMatchObject({ code: 4401, reason: 'token expired', ref: expect.any(String) });
    expect(more).toEqual([]);
  });

  it('comes by an operator', async () => {
    await expect.poll(() => server.streams.size).toBe(0);
    server.telemetry.events.length = 0;
    const stream = await open('operated');
    await stream.next();
    const [[opened]] = server.telemetry.of('connectionOpened') as [[{ id: string }]];
    expect(server.streams.views()).toMatchObject([
      { id: opened.id, protocol: 'sse', state: 'open', topics: ['operated'], address: '127.0.0.1', frames_out: 1 },
    ]);
    expect(server.streams.disconnect(opened.id, 'DISCONNECTED_FOR_GOOD')).toBe(true);
    expect(server.streams.views()).toMatchObject([{ id: opened.id, state: 'draining' }]);
    expect(server.streams.disconnect(opened.id, 'DISCONNECTED_FOR_GOOD')).toBe(false);
    expect((await stream.rest()).map(dataOf)).toMatchObject([{ code: 4500 }]);
    await expect.poll(() => server.telemetry.of('connectionClosed')[0]?.[1]).toMatchObject({ code: 4500, initiator: 'server' });
    expect(server.streams.disconnect(opened.id, 'DISCONNECTED')).toBe(false);
  });

  it('comes when the node drains, and does not hold up the shutdown', async () => {
    const node = await startRestServer();
    const stream = await open('draining', {}, '', node);
    await stream.next();
    const closed = node.close();
    const [last] = await stream.rest();
    expect(dataOf(last)).toMatchObject({ code: 1012, retry_after_ms: expect.any(Number) });
    expect(stream.text).toMatch(/^retry: \d+$/m);
    await closed;
    expect(node.streams.size).toBe(0);
  });

  it('comes for a reader that is too slow, whom the others do not notice', async () => {
    const node = await startRestServer({
      env: { WAYBILL_QUEUE_BYTES: '2097152', WAYBILL_SSE_COMMENT_MS: '600000', WAYBILL_CLOSE_TIMEOUT_MS: '30000' },
    });
    const slow = RawHttp.open(node.port);
    slow.send(
      `GET /api/v1/topics/slow/messages HTTP/1.1\r\nHost: x\r\nX-API-Key: ${node.credentials.key('read')}\r\nAccept: text/event-stream\r\n\r\n`,
    );
    await slow.until((received) => received.includes('topic.subscribed'));
    slow.socket.pause();
    const quick = await open('slow', {}, '', node);
    await quick.next();
    const payload = `"${'x'.repeat(60_000)}"`;
    const batch = `{"messages":[${Array.from({ length: 10 }, () => `{"topic":"slow","data":${payload}}`).join(',')}]}`;
    const counts = () => node.telemetry.of('deliver.delivered').map(([delivered]) => delivered as DeliverCounts);
    const takers = () => {
      const { written, queued } = counts().at(-1) as DeliverCounts;
      return written + queued;
    };
    for (let seq = 10; seq === 10 || takers() === 2; seq += 10) {
      expect(seq).toBeLessThan(1_000);
      await node.call('POST', '/api/v1/messages', batch);
      expect(seqOf((await quick.take(10)).at(-1))).toBe(seq);
    }
    slow.socket.resume();
    expect((await slow.untilEnd()).slice(-300)).toMatch(
      /event: sys\.closing\ndata: \{"code":4408,"reason":"slow consumer","ref":"[^"]+"\}\n\n$/,
    );
    await expect.poll(() => node.telemetry.of('connectionClosed')[0]?.[1]).toMatchObject({ code: 4408, initiator: 'server' });
    const [, close] = node.telemetry.of('connectionClosed')[0] as [unknown, { maxQueuedBytes: number }];
    expect(close.maxQueuedBytes).toBeLessThan(2_097_152 + 700_000);
    await publish('slow', '"still here"', node);
    expect(dataOf(await quick.next())).toMatchObject({ data: 'still here' });
    quick.close();
    await node.close();
    const queued = counts().reduce((total, delivered) => total + delivered.queued, 0);
    const settled = node.telemetry.of('queuedOutcome').reduce((total, [, , messages]) => total + (messages as number), 0);
    expect(queued).toBeGreaterThan(0);
    expect(settled).toBe(queued);
  });

  it('comes for a reader on whose path nothing moves', async () => {
    const node = await startRestServer({
      env: { WAYBILL_WRITE_STALL_MS: '300', WAYBILL_SSE_COMMENT_MS: '100', WAYBILL_QUEUE_BYTES: '67108864' },
    });
    const slow = RawHttp.open(node.port);
    slow.send(
      `GET /api/v1/topics/stall/messages HTTP/1.1\r\nHost: x\r\nX-API-Key: ${node.credentials.key('read')}\r\nAccept: text/event-stream\r\n\r\n`,
    );
    await slow.until((received) => received.includes('topic.subscribed'));
    slow.socket.pause();
    const payload = `"${'x'.repeat(60_000)}"`;
    while (!node.telemetry.of('deliver.delivered').some(([counts]) => (counts as { queued: number }).queued > 0))
      await publish('stall', payload, node);
    await expect
      .poll(() => node.telemetry.of('connectionClosed')[0]?.[1], { timeout: 5_000 })
      .toMatchObject({ code: 4450, initiator: 'server' });
    slow.close();
    await node.close();
  });
});
