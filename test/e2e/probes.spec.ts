import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { EventReader, type ReadEvent } from '../support/event-reader.js';
import { startGateway, TEST_API_KEY, TEST_JWT_SECRET, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';
import { signToken } from '../support/tokens.js';

interface Event {
  readonly n: number;
  readonly kind: string;
  readonly [field: string]: unknown;
}
interface Probe {
  readonly id: string;
  readonly state: string;
  readonly reason?: string;
  readonly records: number;
  readonly skipped: number;
  readonly events_topic: string;
}

let gateway: TestGateway;
const open: TestSocket[] = [];

beforeAll(async () => {
  gateway = await startGateway({ env: { WAYBILL_TRACE_RATIO: '0' }, file: { messaging: { namespaces: { live: { durable: false } } } } });
});
afterAll(async () => {
  for (const socket of open) socket.socket.terminate();
  await gateway.stop();
});

async function connect(user: string): Promise<TestSocket> {
  const socket = await TestSocket.connect(gateway.port, await gateway.token(user));
  open.push(socket);
  return socket;
}

async function start(body: object): Promise<Probe> {
  const answer = await gateway.rest('POST', '/api/v1/ops/probes', body);
  expect(answer.body).toMatchObject({ code: 'OK' });
  expect(answer.status).toBe(201);
  return answer.body.data;
}

const stop = (id: string): Promise<unknown> => gateway.rest('DELETE', `/api/v1/ops/probes/${id}`);

async function page(id: string, query = ''): Promise<{ items: readonly Event[]; missed: number; next?: string; probe: Probe }> {
  return (await gateway.rest('GET', `/api/v1/ops/probes/${id}/events?limit=1000${query}`)).body.data;
}

/** Waits until a probe has recorded an event that fulfils the condition, and answers all. */
async function until(id: string, condition: (event: Event) => boolean): Promise<readonly Event[]> {
  for (const deadline = Date.now() + 5_000; ;) {
    const { items } = await page(id);
    if (items.some(condition)) return items;
    if (Date.now() > deadline) throw new Error(`no such event among ${JSON.stringify(items, undefined, 1)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const publish = (topic: string, data: unknown, action = 'said') =>
  gateway.rest('POST', `/api/v1/topics/${topic}/messages`, { action, data });

const stream = (id: string, headers: Readonly<Record<string, string>> = {}) =>
  EventReader.open(`http://127.0.0.1:${gateway.port}/api/v1/ops/probes/${id}/events`, {
    authorization: `Bearer ${TEST_API_KEY}`,
    ...headers,
  });

const dataOf = ({ data }: ReadEvent): Event => JSON.parse(data) as Event;

describe('a probe of a user', () => {
  it('sees the connect of somebody who was not there, what they do, what they are given, and the close', async () => {
    const probe = await start({ user: 'ada', note: 'ticket 4711' });
    const ada = await connect('ada');
    await ada.request('resume', { topics: [] });
    await ada.request('topic.subscribe', { topics: [{ topic: 'chat.a', ack: true }] });
    await ada.request('topic.publish', { topic: 'chat.b', data: { secret: 'tea' } });
    await publish('chat.a', { secret: 'coffee' });
    await publish('$user.ada', 'direct');
    await ada.find((frame) => frame['data'] === 'direct');
    await ada.request('topic.ack', { topic: 'chat.a', seq: 1 });
    await ada.request('topic.subscribe', { topics: [{ topic: '$user.someone' }] });
    await ada.request('topic.unsubscribe', { topics: ['chat.a'] });
    ada.socket.close(1000);
    const events = await until(probe.id, ({ kind }) => kind === 'closed');
    await stop(probe.id);

    const of = (kind: string) => events.filter((event) => event.kind === kind);
    expect(of('started')).toMatchObject([{ open_connections: 0 }]);
    expect(of('connected')).toMatchObject([{ user: 'ada', address: '127.0.0.1', transport: 'websocket' }]);
    const { connection_id: id, ref } = of('connected')[0] as Event;
    expect(of('subscribed').map(({ topic }) => topic)).toEqual(['$user.ada', '$all', 'chat.a']);
    expect(of('published')).toMatchObject([
      { user: 'ada', topic: 'chat.b', door: 'socket', result: 'OK', seq: 1, duplicate: false, connection_id: id, ref },
      { user: 'key:bootstrap', topic: '$user.ada', door: 'rest', result: 'OK' },
    ]);
    expect(of('delivery')).toMatchObject([
      { topic: 'chat.a', seq: 1, result: 'written', connection_id: id, ref, publisher: 'key:bootstrap', action: 'said' },
      { topic: '$user.ada', seq: 1, result: 'written' },
    ]);
    expect(of('acked')).toMatchObject([{ topic: 'chat.a', seq: 1 }]);
    expect(of('refused')).toMatchObject([{ what: 'subscribe', code: 'PERMISSION_DENIED', topic: '$user.someone', rule: 'own user topic' }]);
    expect(of('unsubscribed')).toMatchObject([{ topic: 'chat.a' }]);
    expect(of('command').map(({ action }) => action)).toEqual([
      'resume',
      'topic.subscribe',
      'topic.ack',
      'topic.subscribe',
      'topic.unsubscribe',
    ]);
    expect(of('closed')).toMatchObject([{ code: 1000, initiator: 'client' }]);
    for (const event of [...of('command'), ...of('published'), ...of('delivery')]) expect(event['trace_id']).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.stringify(events)).not.toMatch(/tea|coffee|direct/);
    expect(events.map(({ n }) => n)).toEqual(events.map((_, index) => index + 1));
  });

  it('sees a connect that is refused where it is known whose it was', async () => {
    const probe = await start({ user: 'late' });
    const key = createSecretKey(Buffer.from(TEST_JWT_SECRET));
    const token = await signToken({ key, claims: { sub: 'late', exp: 1_000_000_000 } });
    const socket = await TestSocket.connect(gateway.port, undefined);
    open.push(socket);
    await socket.request('auth', { token });
    const events = await until(probe.id, ({ kind }) => kind === 'refused');
    await stop(probe.id);
    expect(events.find(({ kind }) => kind === 'refused')).toMatchObject({ code: 'TOKEN_EXPIRED', user: 'late' });
  });

  it('sees nothing of others, and costs them nothing', async () => {
    const bob = await connect('bob');
    await bob.request('topic.subscribe', { topics: [{ topic: 'chat.others' }] });
    const probe = await start({ user: 'nobody' });
    await publish('chat.others', 'x');
    await bob.find((frame) => frame['data'] === 'x');
    expect((await page(probe.id)).items.map(({ kind }) => kind)).toEqual(['started']);
    await stop(probe.id);
  });
});

describe('tracing under a probe', () => {
  it('traces what is published to a watched user from publish to socket, at a ratio of zero', async () => {
    const eve = await connect('eve');
    await eve.request('resume', { topics: [] });
    const probe = await start({ user: 'eve' });
    await publish('$user.eve', 'traced');
    const events = await until(probe.id, ({ kind }) => kind === 'delivery');
    const delivery = events.find(({ kind }) => kind === 'delivery');
    await stop(probe.id);
    const trace = (await gateway.rest('GET', `/api/v1/ops/traces/${String(delivery?.['trace_id'])}`)).body.data as {
      spans: { name: string; kind: string; span_id: string; parent_span_id?: string; attributes: Record<string, unknown> }[];
    };
    const named = (name: string) => trace.spans.find((span) => span.name === name);
    expect(named('publish $user')).toBeDefined();
    expect(named('deliver $user')?.parent_span_id).toBe(named('publish $user')?.span_id);
    expect(named('deliver connection')).toMatchObject({
      kind: 'INTERNAL',
      parent_span_id: named('deliver $user')?.span_id,
      attributes: {
        'waybill.connection.id': delivery?.['connection_id'],
        'waybill.user': 'eve',
        'waybill.delivery.outcome': 'written',
        'waybill.delivery.bytes': expect.any(Number) as number,
        'waybill.delivery.queue_ms': expect.any(Number) as number,
      },
    });
    eve.socket.close();
  });

  it('traces nothing of the kind without a probe', async () => {
    await publish('quiet.a', 'x');
    const answer = await gateway.rest('GET', '/api/v1/ops/traces?name=publish%20quiet');
    expect((answer.body.data as { items: readonly unknown[] }).items).toEqual([]);
  });
});

describe('a probe of a topic', () => {
  it('tells each message with its recipients, and those of a pattern too', async () => {
    const [ann, ben] = [await connect('ann'), await connect('ben')];
    for (const socket of [ann, ben]) await socket.request('topic.subscribe', { topics: [{ topic: 'room.a' }] });
    const probe = await start({ topic: 'room.*' });
    await publish('room.a', 'one');
    await publish('elsewhere.a', 'two');
    const events = await until(probe.id, ({ kind }) => kind === 'fan_out');
    await stop(probe.id);
    expect(events.map(({ kind, topic }) => [kind, topic])).toEqual([
      ['started', undefined],
      ['published', 'room.a'],
      ['fan_out', 'room.a'],
    ]);
    expect(events[2]).toMatchObject({
      seq: 1,
      recipients: 2,
      written: 2,
      queued: 0,
      dropped: 0,
      not_written: 0,
      more: 0,
      first_recipients: [
        { user: 'ann', result: 'written' },
        { user: 'ben', result: 'written' },
      ],
    });
  });
});

describe('reading a probe', () => {
  it('is a page, a stream that a late reader begins at the start and resumes, and a topic', async () => {
    const cat = await connect('cat');
    const probe = await start({ user: 'cat' });
    await cat.request('topic.publish', { topic: 'live.a', data: 1 });
    const late = await stream(probe.id);
    expect(late.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect((await late.take(2)).map((event) => [event.id, event.event, dataOf(event).kind])).toEqual([
      ['1', 'started', 'started'],
      ['2', 'published', 'published'],
    ]);
    late.close();
    const topic = await EventReader.open(`http://127.0.0.1:${gateway.port}/api/v1/topics/${probe.events_topic}/messages`, {
      authorization: `Bearer ${TEST_API_KEY}`,
    });
    await topic.next();
    await cat.request('topic.publish', { topic: 'live.a', data: 2 });
    const resumed = await stream(probe.id, { 'last-event-id': '2' });
    const [next] = await resumed.take(1);
    expect(next).toMatchObject({ id: '3', event: 'published' });
    const published = JSON.parse((await topic.next())?.data ?? '') as { action: string; data: Event };
    expect(published).toMatchObject({ action: 'probe.published', data: { n: 3, kind: 'published', topic: 'live.a', seq: 2 } });
    topic.close();
    await stop(probe.id);
    const rest = await resumed.rest();
    expect(rest.map(({ event }) => event)).toEqual(['ended']);
    expect(dataOf(rest[0] as ReadEvent)).toMatchObject({ kind: 'ended', reason: 'ended', records: 3 });
    expect(await page(probe.id, '&after=2')).toMatchObject({ items: [{ n: 3 }, { n: 4 }], missed: 0, probe: { state: 'ended' } });
  });
});

describe('the command line', () => {
  const waybill = (...argv: readonly string[]) =>
    new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, ...argv]);

  it('tails a user in plain words until it is interrupted, and ends the probe', async () => {
    const tail = waybill('tail', '--user', 'dan', '--note', 'call 12');
    await tail.saysOf(/Probe [0-9a-f]{12} runs until/);
    const dan = await connect('dan');
    await dan.request('topic.publish', { topic: 'chat.d', data: 'hello' });
    await tail.saysOf(/published to chat\.d/, 'out');
    const listed = waybill('probes');
    expect(await listed.exit).toBe(0);
    expect(listed.out).toMatch(/user dan\s+live .* key:bootstrap\s+call 12/);
    tail.interrupt();
    expect(await tail.exit).toBe(0);
    expect(tail.out).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}watching; open connections now: 0$/m);
    expect(tail.out).toMatch(/dan [0-9A-Z]{4}-[0-9A-Z]{4} {2}connected from 127\.0\.0\.1/);
    expect(tail.out).toMatch(/stored as [0-9a-f]+:1$/m);
    expect(tail.err).toMatch(/was ended/);
    const { items } = (await gateway.rest('GET', '/api/v1/ops/probes')).body.data as { items: readonly Probe[] };
    expect(items[0]).toMatchObject({ user: 'dan', state: 'ended', reason: 'ended' });
  });

  it('prints one JSON a line, and ends when its probe is ended by another', async () => {
    const tail = waybill('--json', 'tail', '--topic', 'chat.*');
    await tail.saysOf(/runs until/);
    const id = /Probe ([0-9a-f]{12})/.exec(tail.err)?.[1] ?? '';
    expect(await waybill('probes', 'end', id).exit).toBe(0);
    expect(await tail.exit).toBe(0);
    const lines = tail.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    expect(lines.map(({ kind }) => kind)).toEqual(['started', 'ended']);
  });

  it('says what is wrong with what it was asked for', async () => {
    const neither = waybill('tail');
    expect(await neither.exit).toBe(2);
    const nobody = waybill('tail', '--connection', 'NOPE-NOPE');
    expect(await nobody.exit).toBe(1);
    expect(nobody.err).toMatch(/NOT_FOUND: connection: none that is open/);
  });
});

describe('a probe of a connection', () => {
  it('sees what waits for it, when it was written after all, and ends with it', async () => {
    const slow = await connect('slow');
    await slow.request('resume', { topics: [] });
    await slow.request('topic.subscribe', { topics: [{ topic: 'live.slow' }] });
    const { ref } = (await slow.find((frame) => frame['action'] === 'welcome'))['data'] as { ref: string };
    const probe = await start({ connection: ref });
    slow.socket.pause();
    const isSlow = async (): Promise<boolean> => (await page(probe.id)).items.some(({ kind }) => kind === 'slow');
    for (let sent = 0; sent < 400 && !(await isSlow()); sent += 1) await publish('live.slow', 'x'.repeat(50_000));
    slow.socket.resume();
    const events = await until(probe.id, ({ kind }) => kind === 'caught_up');
    const queued = events.filter(({ kind, result }) => kind === 'delivery' && result === 'queued');
    expect(queued.length).toBeGreaterThan(0);
    const settled = events.filter(({ kind }) => kind === 'settled');
    expect(settled.map(({ seq }) => seq)).toEqual(queued.map(({ seq }) => seq));
    for (const event of settled) expect(event).toMatchObject({ ref, outcome: 'written', waited_ms: expect.any(Number) as number });
    slow.socket.close(1000);
    const all = await until(probe.id, ({ kind }) => kind === 'ended');
    expect(all.slice(-2)).toMatchObject([
      { kind: 'closed', ref },
      { kind: 'ended', reason: 'connection_closed' },
    ]);
  });
});
