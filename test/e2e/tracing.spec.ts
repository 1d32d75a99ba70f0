import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApplicationRole } from '../support/application-role.js';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { type Frame, TestSocket } from '../support/socket.js';

const TOPIC = 'traced.room';
const ROUTE = '/api/v1/topics/traced.room/messages';
/** A message by SQL is found by a poll. */
const PATIENCE_MS = 30_000;
let callers = 0;

interface Span {
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly depth: number;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly trace_id: string; readonly span_id: string }[];
}

/** A traceparent that nobody has used yet. */
function newCaller(): { readonly traceId: string; readonly spanId: string; readonly traceparent: string } {
  callers += 1;
  const traceId = callers.toString(16).padStart(32, 'c');
  const spanId = callers.toString(16).padStart(16, 'd');
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}

describe('the trace of a message', () => {
  let gateway: TestGateway;
  let role: ApplicationRole;
  let alice: TestSocket;

  beforeAll(async () => {
    gateway = await startGateway({ env: { WAYBILL_TRACE_RATIO: '1', WAYBILL_HINT_POLL_MS: '50' } });
    role = await ApplicationRole.create(gateway.database.url);
    await role.allow('order-service', ['*']);
    alice = await TestSocket.connect(gateway.port, await gateway.token('alice'));
    await alice.request('topic.subscribe', { topics: [{ topic: TOPIC }] });
  }, 120_000);
  afterAll(async () => {
    await alice?.close();
    await role?.drop();
    await gateway?.stop();
  });

  async function traceOf(traceId: string, atLeast: number): Promise<readonly Span[]> {
    let spans: readonly Span[] = [];
    await expect
      .poll(
        async () => {
          const { body } = await gateway.rest('GET', `/api/v1/ops/traces/${traceId}`);
          spans = (body.data as { spans: readonly Span[] } | undefined)?.spans ?? [];
          return spans.length;
        },
        { timeout: PATIENCE_MS },
      )
      .toBeGreaterThanOrEqual(atLeast);
    return spans;
  }

  const received = (data: unknown): Promise<Frame> =>
    alice.find((frame) => frame['topic'] === TOPIC && frame['data'] === data, PATIENCE_MS);

  it('goes from a backend with an API key through every hop to the socket, as one', async () => {
    const caller = newCaller();
    const { body } = await gateway.rest('POST', ROUTE, { data: 'one' }, { traceparent: caller.traceparent });
    expect(body.trace_id).toBe(caller.traceId);
    expect(await received('one')).toMatchObject({ trace: caller.traceparent });
    const spans = await traceOf(caller.traceId, 5);
    expect(spans.map(({ name, depth }) => `${' '.repeat(depth)}${name}`)).toEqual(
      expect.arrayContaining(['POST /api/v1/topics/:topic/messages', ' publish traced', '  append', '  send traced', '  deliver traced']),
    );
    expect(spans[0]).toMatchObject({ parent_span_id: caller.spanId, links: [] });
  });

  it('is told to whom it reaches later too: who recovers it and who reads the history', async () => {
    const caller = newCaller();
    const { body } = await gateway.rest('POST', ROUTE, { data: 'later' }, { traceparent: caller.traceparent });
    const { seq, epoch } = body.data as { seq: number; epoch: string };
    const bob = await TestSocket.connect(gateway.port, await gateway.token('bob'));
    await bob.request('topic.subscribe', { topics: [{ topic: TOPIC, epoch, seq: seq - 1 }] });
    expect(await bob.find((frame) => frame['seq'] === seq)).toMatchObject({ trace: caller.traceparent });
    await bob.close();
    const history = await gateway.rest('GET', `${ROUTE}?after=${seq - 1}&limit=1`);
    expect(history.body.data).toMatchObject({ messages: [{ seq, trace: caller.traceparent }] });
  });

  it("of a client by socket is its own, linked to the client's, which subscribers are told", async () => {
    const caller = newCaller();
    alice.send({ msg_id: 'mine', action: 'topic.publish', trace: caller.traceparent, data: { topic: TOPIC, data: 'by socket' } });
    const frame = await received('by socket');
    expect(frame).toMatchObject({ trace: caller.traceparent });
    const { body } = await gateway.rest('GET', `/api/v1/ops/topics/${TOPIC}/messages/${String(frame['seq'])}/waybill`);
    const { origin } = body.data as { origin: { trace_id: string; traceparent: string; trace: string } };
    expect(origin).toMatchObject({ traceparent: caller.traceparent, trace: 'kept' });
    expect(origin.trace_id).not.toBe(caller.traceId);
    const spans = await traceOf(origin.trace_id, 4);
    expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining(['publish traced', 'append', 'send traced', 'deliver traced']));
    expect(spans[0]?.links).toContainEqual({ trace_id: caller.traceId, span_id: caller.spanId });
    expect(await gateway.rest('GET', `/api/v1/ops/traces/${caller.traceId}`)).toMatchObject({ status: 404 });
  });

  it('of a user by REST is its own too', async () => {
    const caller = newCaller();
    const headers = { authorization: `Bearer ${await gateway.token('carol')}`, traceparent: caller.traceparent };
    const { body, status } = await gateway.rest('POST', ROUTE, { data: 'by a user' }, headers);
    expect(status).toBe(201);
    expect(body.trace_id).not.toBe(caller.traceId);
    const [root] = await traceOf(body.trace_id ?? '', 5);
    expect(root?.links).toEqual([{ trace_id: caller.traceId, span_id: caller.spanId }]);
  });

  it('of a request with a key that is not good is not followed', async () => {
    const caller = newCaller();
    const headers = { authorization: 'Bearer not-a-key-of-this-gateway', traceparent: caller.traceparent };
    const { body, status } = await gateway.rest('POST', ROUTE, { data: 'x' }, headers);
    expect(status).toBe(401);
    expect(body.trace_id).not.toBe(caller.traceId);
    expect(await gateway.rest('GET', `/api/v1/ops/traces/${caller.traceId}`)).toMatchObject({ status: 404 });
  });

  it('goes on from a transaction that publishes to the socket', async () => {
    const caller = newCaller();
    const app = await role.connect();
    await app.query(`select waybill.publish($1, 'said', '"by sql"', null, $2)`, [TOPIC, caller.traceparent]);
    expect(await received('by sql')).toMatchObject({ trace: caller.traceparent });
    expect(await traceOf(caller.traceId, 1)).toMatchObject([{ name: 'deliver traced', parent_span_id: caller.spanId }]);
  });

  it('is found by topic, message and connection, and drawn by the command', async () => {
    const { body } = await gateway.rest('POST', ROUTE, { data: 'found', msg_id: 'find-me' });
    const id = body.trace_id ?? '';
    await traceOf(id, 5);
    const list = async (query: string): Promise<readonly string[]> => {
      const { body: answer } = await gateway.rest('GET', `/api/v1/ops/traces?limit=500&${query}`);
      return (answer.data as { items: readonly { trace_id: string }[] }).items.map((item) => item.trace_id);
    };
    expect(await list('msg_id=find-me')).toEqual([id]);
    expect(await list(`topic=${TOPIC}`)).toContain(id);
    expect(await list('topic=traced.other')).toEqual([]);
    expect(await list('min_duration_ms=600000')).toEqual([]);
    expect(await list('failed=true')).not.toContain(id);
    const command = async (...argv: readonly string[]): Promise<CommandLine> => {
      const line = new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, ...argv]);
      expect(await line.exit).toBe(0);
      return line;
    };
    expect((await command('traces', '--message', 'find-me')).out).toMatch(new RegExp(`${id}.*POST /api/v1/topics/:topic/messages`));
    const drawn = (await command('trace', id, '--attributes')).out;
    expect(drawn).toMatch(/^POST \/api.* SERVER .*=/m);
    expect(drawn).toMatch(/^ {4}append +CLIENT .*=/m);
    expect(drawn).toMatch(/^ {2}messaging\.message\.id "find-me"$/m);
  });
});

describe('a gateway whose traces go to a collector', () => {
  let receiver: OtlpReceiver;
  let gateway: TestGateway;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start('grpc');
    gateway = await startGateway({
      env: {
        WAYBILL_TRACE_RATIO: '1',
        WAYBILL_NODE_ID: 'node-7',
        WAYBILL_TRACE_LINK: 'http://jaeger.example:16686/trace/{trace_id}',
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      },
    });
  }, 120_000);
  afterAll(async () => {
    await gateway?.stop();
    await receiver?.close();
  });

  it('sends whole traces by gRPC, and says everywhere where to look', async () => {
    const { body } = await gateway.rest('POST', ROUTE, { data: 1, msg_id: 'sent' });
    const id = body.trace_id ?? '';
    const mine = () => receiver.spans.filter((span) => span.traceId === id);
    await expect
      .poll(() => mine().map(({ name }) => name), { timeout: 10_000 })
      .toEqual(expect.arrayContaining(['POST /api/v1/topics/:topic/messages', 'publish traced', 'append', 'send traced']));
    const [request, publish, append] = ['POST /api/v1/topics/:topic/messages', 'publish traced', 'append'].map((name) =>
      mine().find((span) => span.name === name),
    );
    expect(publish?.parentSpanId).toBe(request?.spanId);
    expect(append?.parentSpanId).toBe(publish?.spanId);
    expect(publish?.resource).toMatchObject({ 'service.name': 'waybill', 'service.instance.id': 'node-7' });
    const link = `http://jaeger.example:16686/trace/${id}`;
    expect((await gateway.rest('GET', '/api/v1/ops/messages/sent/waybill')).body.data).toMatchObject({
      origin: { trace_id: id, trace: 'exported', trace_link: link },
    });
    expect((await gateway.rest('GET', '/api/v1/ops/traces')).body.data).toMatchObject({
      items: [],
      collector: true,
      trace_link: 'http://jaeger.example:16686/trace/{trace_id}',
    });
    expect((await gateway.rest('GET', `/api/v1/ops/traces/${id}`)).body.message).toContain(link);
    const line = new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, 'message', 'sent']);
    await line.exit;
    expect(line.out).toContain(`trace ${id}: exported (${link})`);
  });
});
