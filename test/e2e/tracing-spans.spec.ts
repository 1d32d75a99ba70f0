import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SPANS } from '../../src/monitoring/tracing/catalogue.js';
import { ApplicationRole } from '../support/application-role.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { migratedDatabase } from '../support/migrated-database.js';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import type { SentSpan } from '../support/otlp-spans.js';
import type { TestDatabase } from '../support/postgres.js';
import { type Frame, TestSocket } from '../support/socket.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const TOPIC = 'spans.room';
const PATIENCE_MS = 30_000;
const TEXT = expect.any(String) as string;
const NUMBER = expect.any(Number) as number;

interface Caller {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceparent: string;
}

/** Whose traceparent came by which door. */
const [UPGRADE, SUBSCRIBE, HISTORY, SOCKET, REQUEST, STRANGER, SQL] = Array.from({ length: 7 }, (_, index): Caller => {
  const [traceId, spanId] = [String(index + 1).padStart(32, 'a'), String(index + 1).padStart(16, 'b')];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}) as [Caller, Caller, Caller, Caller, Caller, Caller, Caller];

/** One walk through everything that is traced, as a collector gets to see it: each span whole, and nothing in it that is not meant. */
describe('the spans of a running gateway', () => {
  let receiver: OtlpReceiver;
  let database: TestDatabase;
  let proxy: TcpProxy;
  let gateway: TestGateway;
  let role: ApplicationRole;
  let alice: TestSocket;
  let connection: { readonly id: string; readonly ref: string };
  /** Message ids by what was published. */
  const told: Record<string, Frame> = {};

  beforeAll(async () => {
    [receiver, database] = await Promise.all([OtlpReceiver.start(), migratedDatabase()]);
    proxy = await TcpProxy.before(database.url);
    gateway = await startGateway({
      env: { WAYBILL_TRACE_RATIO: '1', WAYBILL_HINT_POLL_MS: '50', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
      database: { url: proxy.through(database.url), drop: () => Promise.resolve() },
    });
    role = await ApplicationRole.create(database.url);
    await role.allow('order-service', ['*']);
    await walk();
  }, 120_000);
  afterAll(async () => {
    await role?.drop();
    await gateway?.stop();
    await proxy?.close();
    await receiver?.close();
    await database?.drop();
  });

  async function walk(): Promise<void> {
    const headers = { traceparent: UPGRADE.traceparent, 'user-agent': 'spans/1' };
    alice = await TestSocket.connect(gateway.port, await gateway.token('alice'), { headers });
    const { body } = await gateway.rest('GET', '/api/v1/ops/connections?user=alice');
    connection = (body.data as { items: (typeof connection)[] }).items[0] as typeof connection;
    await command('topic.subscribe', { topics: [{ topic: TOPIC }] }, SUBSCRIBE);
    await command('topic.publish', { topic: TOPIC, data: 'socket' }, SOCKET);
    await command('topic.history', { topic: TOPIC, limit: 0 }, HISTORY);
    const route = `/api/v1/topics/${TOPIC}/messages`;
    await gateway.rest('POST', route, { data: 'rest' }, { traceparent: REQUEST.traceparent });
    await gateway.rest('POST', route, {}, { authorization: 'Bearer not-a-key', traceparent: STRANGER.traceparent });
    const messages = ['batch 1', 'batch 2'].map((data) => ({ topic: TOPIC, data }));
    await gateway.rest('POST', '/api/v1/messages', { messages });
    await (await role.connect()).query(`select waybill.publish($1, 'said', '"sql"', null, $2)`, [TOPIC, SQL.traceparent]);
    for (const data of ['socket', 'rest', 'batch 1', 'batch 2', 'sql'])
      told[data] = await alice.find((frame) => frame['topic'] === TOPIC && frame['data'] === data, PATIENCE_MS);
    const bob = await TestSocket.connect(gateway.port, await gateway.token('bob'));
    await bob.close();
    await gateway.rest('DELETE', `/api/v1/ops/connections/${connection.id}`);
    await alice.closed;
    proxy.cut();
    await gateway.rest('POST', route, { data: 'while the database is away', msg_id: 'away' });
    proxy.restore();
  }

  function command(action: string, data: unknown, { traceparent }: Caller): Promise<Frame> {
    alice.send({ msg_id: `my ${action}`, action, trace: traceparent, data });
    return alice.find((frame) => frame['action'] === 'reply' && frame['reply_to'] === `my ${action}`);
  }

  /** The one span of that name and of these attributes. */
  async function sent(key: keyof typeof SPANS, name: string, having: Readonly<Record<string, unknown>>): Promise<SentSpan> {
    const found = (): readonly SentSpan[] =>
      receiver.spans.filter((span) => span.name === name && Object.entries(having).every(([of, value]) => span.attributes[of] === value));
    await expect.poll(() => found().length, { timeout: PATIENCE_MS }).toBe(1);
    const [span] = found() as [SentSpan];
    expect(span.kind).toBe(SPANS[key].kind);
    expect(span.endedAt).toBeGreaterThanOrEqual(span.startedAt);
    return span;
  }

  const handshake = () => sent('handshake', 'GET /ws', { 'waybill.connection.id': connection.id });
  const publishOf = (data: string) => sent('publish', 'publish spans', { 'messaging.message.id': told[data]?.['msg_id'] });
  const linked = ({ traceId, spanId }: SentSpan | Caller) => ({ traceId, spanId });

  function expectRoot(span: SentSpan, ...links: readonly (SentSpan | Caller)[]): void {
    expect(span.parentSpanId).toBeUndefined();
    expect(span.links).toEqual(links.map(linked));
    for (const { traceId } of links) expect(span.traceId).not.toBe(traceId);
  }

  function expectChild(span: SentSpan, parent: SentSpan | Caller): void {
    expect([span.traceId, span.parentSpanId]).toEqual([parent.traceId, parent.spanId]);
    expect(span.links).toEqual([]);
  }

  it('a handshake', async () => {
    const span = await handshake();
    expectRoot(span, UPGRADE);
    expect(span.attributes).toEqual({
      'waybill.connection.id': connection.id,
      'waybill.connection.ref': connection.ref,
      'http.request.method': 'GET',
      'http.route': '/ws',
      'http.response.status_code': 101,
      'url.path': '/ws',
      'network.protocol.name': 'websocket',
      'client.address': '127.0.0.1',
      'user_agent.original': 'spans/1',
      'waybill.result': 'OK',
    });
  });

  it.each([
    ['subscribe', 'subscribe spans', 'topic.subscribe', SUBSCRIBE, 'OK'],
    ['history', 'history spans', 'topic.history', HISTORY, 'BAD_REQUEST'],
  ] as const)('a command: %s', async (key, name, action, caller, result) => {
    const span = await sent(key, name, { 'waybill.connection.id': connection.id });
    expectRoot(span, await handshake(), caller);
    expect(span.attributes).toEqual({
      'waybill.connection.id': connection.id,
      'waybill.action': action,
      'messaging.message.id': `my ${action}`,
      'messaging.destination.template': 'spans',
      'waybill.result': result,
      ...(result === 'OK' ? {} : { 'error.type': result }),
    });
    // What the caller did wrong does not fail it.
    expect(span.failed).toBe(false);
  });

  it.each([
    ['socket', SOCKET],
    ['rest', undefined],
  ] as const)('a publish by %s, its commit, its way to the bus and its delivery', async (door, caller) => {
    const publish = await publishOf(door);
    if (caller === undefined)
      expectChild(publish, await sent('request', 'POST /api/v1/topics/:topic/messages', { 'waybill.result': 'OK' }));
    else expectRoot(publish, await handshake(), caller);
    const { msg_id: msgId, epoch, seq } = told[door] as Frame;
    const about = { 'messaging.system': 'waybill', 'messaging.destination.template': 'spans', 'waybill.result': 'OK' };
    const message = { 'messaging.destination.name': TOPIC, 'messaging.message.id': msgId, 'waybill.seq': seq };
    expect(publish.attributes).toEqual({
      ...about,
      ...message,
      'messaging.operation.name': 'publish',
      'messaging.message.body.size': JSON.stringify(door).length,
      'waybill.door': door,
      'waybill.durable': true,
      'waybill.epoch': epoch,
      'waybill.duplicate': false,
      ...(caller === undefined ? {} : { 'waybill.connection.id': connection.id }),
    });
    const below = (name: string): SentSpan[] => receiver.spans.filter((span) => span.name === name && span.parentSpanId === publish.spanId);
    await expect.poll(() => below('deliver spans').length, { timeout: PATIENCE_MS }).toBe(1);
    const [append, send, deliver] = ['append', 'send spans', 'deliver spans'].map((name) => below(name)[0]) as [
      SentSpan,
      SentSpan,
      SentSpan,
    ];
    for (const child of [append, send, deliver]) expectChild(child, publish);
    expect([append.kind, send.kind, deliver.kind]).toEqual([SPANS.append.kind, SPANS.send.kind, SPANS.deliver.kind]);
    expect(append.attributes).toEqual({
      'messaging.batch.message_count': 1,
      'waybill.batch.bytes': JSON.stringify(door).length,
      'waybill.result': 'OK',
    });
    expect(send.attributes).toEqual({ ...about, 'messaging.operation.name': 'send', 'messaging.operation.type': 'send' });
    expect(deliver.attributes).toEqual({
      ...about,
      ...message,
      'messaging.operation.name': 'deliver',
      'messaging.operation.type': 'process',
      'waybill.fanout.recipients': 1,
      'waybill.fanout.written': 1,
      'waybill.fanout.queued': 0,
      'waybill.fanout.dropped': 0,
    });
  });

  it('a commit that several publishes share, which is linked to each', async () => {
    const publishes = await Promise.all(['batch 1', 'batch 2'].map(publishOf));
    const append = await sent('append', 'append', { 'messaging.batch.message_count': 2 });
    expectRoot(append, ...publishes);
  });

  it('a publish that failed by no fault of its caller, and its request', async () => {
    const publish = await sent('publish', 'publish spans', { 'messaging.message.id': 'away' });
    const code = publish.attributes['waybill.result'];
    expect(['UNAVAILABLE', 'UNKNOWN_OUTCOME']).toContain(code);
    const request = receiver.spans.find(({ spanId }) => spanId === publish.parentSpanId);
    for (const span of [publish, request]) expect(span).toMatchObject({ failed: true, attributes: { 'error.type': code } });
  });

  it('a delivery of what a transaction published', async () => {
    const deliver = await sent('deliver', 'deliver spans', { 'messaging.message.id': told['sql']?.['msg_id'] });
    expectChild(deliver, SQL);
  });

  it.each([
    ['with a key', 'OK', 201],
    ['of a stranger', 'UNAUTHENTICATED', 401],
  ] as const)('a request %s', async (_who, result, status) => {
    const span = await sent('request', 'POST /api/v1/topics/:topic/messages', { 'waybill.result': result });
    if (result === 'OK') expectChild(span, REQUEST);
    else expectRoot(span, STRANGER);
    expect(span.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/api/v1/topics/:topic/messages',
      'http.response.status_code': status,
      'url.path': `/api/v1/topics/${TOPIC}/messages`,
      'client.address': '127.0.0.1',
      'waybill.result': result,
      ...(result === 'OK' ? {} : { 'error.type': result }),
    });
  });

  it.each([
    ['closeByServer', 'server', 4400],
    ['closeByPeer', 'client', 1000],
  ] as const)('%s', async (key, initiator, code) => {
    const span = await sent(key, 'close', { 'waybill.close.initiator': initiator });
    const id = span.attributes['waybill.connection.id'] as string;
    expectRoot(span, await sent('handshake', 'GET /ws', { 'waybill.connection.id': id }));
    expect(id === connection.id).toBe(initiator === 'server');
    expect(span.attributes).toEqual({
      'waybill.connection.id': TEXT,
      'waybill.connection.ref': TEXT,
      'waybill.connection.duration_ms': NUMBER,
      'waybill.close.code': code,
      'waybill.close.reason': TEXT,
      'waybill.close.initiator': initiator,
    });
  });
});
