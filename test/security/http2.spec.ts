import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_API_KEY } from '../support/gateway.js';
import { TlsGateway } from '../support/tls-gateway.js';

let gateway: TlsGateway;
let session: ClientHttp2Session;
beforeAll(async () => {
  gateway = await TlsGateway.start({ WAYBILL_TRUSTED_PROXIES: '127.0.0.1', WAYBILL_REQUEST_TIMEOUT_MS: '2000' });
  session = await open();
});
afterAll(async () => {
  session.destroy();
  await gateway.stop();
});

async function open(): Promise<ClientHttp2Session> {
  const opened = connect(`https://127.0.0.1:${gateway.port}`, { ca: gateway.authority.certificate });
  opened.on('error', () => undefined);
  await once(opened, 'connect');
  return opened;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: { readonly code: string; readonly field?: string; readonly data: Record<string, unknown>; readonly trace_id?: string };
}

const KEY = { authorization: `Bearer ${TEST_API_KEY}` };

async function call(headers: Readonly<Record<string, unknown>>, body?: string, over = session): Promise<Answer> {
  const stream = over.request({ ...KEY, ...headers }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return answerOf(stream);
}

async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return { status: Number(headers[':status']), headers, text, body: (text === '' ? {} : JSON.parse(text)) as Answer['body'] };
}

const post = (path: string, body: unknown, headers: object = {}): Promise<Answer> =>
  call(
    { ':method': 'POST', ':path': path, 'content-type': 'application/json', ...headers },
    typeof body === 'string' ? body : JSON.stringify(body),
  );

describe('REST by HTTP/2', () => {
  it('publishes and reads back', async () => {
    expect((await post('/api/v1/topics/orders.1/messages', { data: { n: 1 } })).status).toBe(201);
    const read = await call({ ':path': '/api/v1/topics/orders.1/messages' });
    expect([read.status, read.text.includes('"n":1')]).toEqual([200, true]);
    expect(read.headers['x-content-type-options']).toBe('nosniff');
  });

  it.each([
    ['no credential', { authorization: '' }, 401, 'UNAUTHENTICATED'],
    ['a wrong path', { ':path': '/api/v1/nothing' }, 404, 'NOT_FOUND'],
    ['a wrong method', { ':method': 'DELETE', ':path': '/api/v1/messages' }, 405, 'METHOD_NOT_ALLOWED'],
    ['a token in the URL', { ':path': '/api/v1/auth/check?token=abc' }, 400, 'BAD_REQUEST'],
    ['a path that cannot be decoded', { ':path': '/api/v1/topics/%ff/messages' }, 400, 'BAD_REQUEST'],
    ['the path of sockets', { ':path': '/ws' }, 426, 'UPGRADE_REQUIRED'],
  ])('answers %s as HTTP/1.1 does', async (_name, headers, status, code) => {
    const answer = await call({ ':path': '/api/v1/auth/check', ...headers });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.trace_id ?? 'none').toMatch(/^[0-9a-f]{32}$|none/);
  });

  it('sees a second credential, which Node would hide', async () => {
    const raw = [':method', 'GET', ':path', '/api/v1/auth/check', 'x-api-key', TEST_API_KEY, 'x-api-key', 'another'];
    const answer = await answerOf(session.request(raw));
    expect([answer.status, answer.body.field]).toEqual([400, 'X-API-Key']);
  });

  it('refuses a body that is too big, or of another type, or not JSON', async () => {
    const path = '/api/v1/topics/orders.1/messages';
    expect((await post(path, { data: 'x'.repeat(2_000_000) })).status).toBe(413);
    expect((await post(path, '{}', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(path, '{"data":')).status).toBe(400);
  });

  it('answers preflights and HEAD', async () => {
    const preflight = await call({
      ':method': 'OPTIONS',
      ':path': '/api/v1/messages',
      origin: 'https://a.example',
      'access-control-request-method': 'POST',
    });
    expect(preflight.status).toBeLessThan(300);
    const head = await call({ ':method': 'HEAD', ':path': '/healthz' });
    expect([head.status, head.text]).toEqual([200, '']);
  });

  it('streams events, and ends the stream without the connection', async () => {
    const stream = session.request({ ...KEY, ':path': '/api/v1/topics/live.1/messages', accept: 'text/event-stream' });
    stream.setEncoding('utf8');
    let text = '';
    stream.on('data', (chunk: string) => (text += chunk));
    await expect.poll(() => text).toContain('topic.subscribed');
    for (let n = 1; n <= 3; n += 1) expect((await post('/api/v1/topics/live.1/messages', { data: { n } })).status).toBe(201);
    await expect.poll(() => text).toContain('"n":3');
    const listed = await call({ ':path': '/api/v1/ops/connections' });
    expect(listed.text).toContain('"protocol":"sse"');
    stream.close(constants.NGHTTP2_CANCEL);
    await expect.poll(async () => (await call({ ':path': '/api/v1/ops/connections' })).text).not.toContain('"state":"open"');
    expect((await call({ ':path': '/healthz' })).status).toBe(200);
  });

  it('believes X-Forwarded-For of a trusted proxy alone', async () => {
    const stream = session.request({
      ...KEY,
      ':path': '/api/v1/topics/live.2/messages',
      accept: 'text/event-stream',
      'x-forwarded-for': '192.0.2.7',
    });
    await once(stream, 'response');
    expect((await call({ ':path': '/api/v1/ops/connections' })).text).toContain('192.0.2.7');
    stream.close(constants.NGHTTP2_CANCEL);
  });

  it('cuts off a body that does not come', async () => {
    const stream = session.request(
      { ...KEY, ':method': 'POST', ':path': '/api/v1/messages', 'content-type': 'application/json' },
      { endStream: false },
    );
    stream.on('error', () => undefined);
    stream.write('{');
    await once(stream, 'close');
    expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
  });
});

it('C15 a stop ends sessions and does not wait for those who never ask', async () => {
  const minute = '60000';
  const deadlines = { WAYBILL_TLS_HANDSHAKE_TIMEOUT_MS: minute, WAYBILL_HEADERS_TIMEOUT_MS: minute, WAYBILL_REQUEST_TIMEOUT_MS: minute };
  const own = await TlsGateway.start({ ...deadlines, WAYBILL_DRAIN_TIMEOUT_MS: minute });
  const asked = connect(`https://127.0.0.1:${own.port}`, { ca: own.authority.certificate });
  asked.on('error', () => undefined);
  const stream = asked.request({ ...KEY, ':path': '/api/v1/topics/live.1/messages', accept: 'text/event-stream' });
  stream.resume();
  await once(stream, 'response');
  const silent = await own.handshake({ ALPNProtocols: ['h2'] });
  const unshaken = connectTcp({ host: '127.0.0.1', port: own.port });
  for (const socket of [silent, unshaken]) socket.on('error', () => undefined).resume();
  const gone = Promise.all([once(asked, 'close'), once(silent, 'close'), once(unshaken, 'close')]);
  await once(unshaken, 'connect');
  const began = performance.now();
  await own.stop();
  await gone;
  expect(performance.now() - began).toBeLessThan(8_000);
});

describe('C15 sockets beside HTTP/2', () => {
  it('C15 extended CONNECT is not announced, and refused where it is tried', async () => {
    const own = await open();
    await expect.poll(() => own.remoteSettings.maxConcurrentStreams).toBe(100);
    expect(own.remoteSettings.enableConnectProtocol ?? false).toBe(false);
    // Sent by hand: a client of Node does not send what was not announced.
    const stream = own.request({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':path': '/ws',
      ':authority': 'localhost',
      ':scheme': 'https',
    });
    await expect(once(stream, 'response').then(([headers]) => (headers as IncomingHttpHeaders)[':status'])).rejects.toThrow(
      /NGHTTP2|PROTOCOL|CONNECT/,
    );
    expect((await call({ ':path': '/healthz' })).status).toBe(200);
    own.destroy();
  });

  it('C15 plain CONNECT makes no tunnel', async () => {
    const stream = session.request({ ':method': 'CONNECT', ':authority': 'example.com:443' });
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    expect(headers[':status']).toBe(405);
    stream.close();
  });

  it('C15 a socket opens by HTTP/1.1 on the same port, whatever the client would rather speak', async () => {
    const socket = await gateway.socket(await gateway.token());
    const [welcome] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(welcome.toString())).toMatchObject({ action: 'welcome' });
    socket.terminate();
  });

  it.each([
    [['h2', 'http/1.1'], 'h2'],
    [['http/1.1'], 'http/1.1'],
    [undefined, false],
  ])('C15 by ALPN %j the port speaks %s', async (ALPNProtocols, spoken) => {
    const socket = connectTls({ ...gateway.trust(), ...(ALPNProtocols && { ALPNProtocols }) });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe(spoken);
    socket.destroy();
  });
});

describe('floods', () => {
  /** HTTP/2 by hand (RFC 9113 section 4.1): the preface and empty settings are sent. */
  async function rawSession(): Promise<TLSSocket> {
    const socket = connectTls({ ...gateway.trust(), ALPNProtocols: ['h2'] });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    socket.resume();
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]));
    return socket;
  }

  function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
    const head = Buffer.of(0, 0, payload.length, type, flags, 0, 0, 0, 0);
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, payload]);
  }

  /** `GET https://x/`, whole: without an authority it would be refused for that. */
  const getFrame = (stream: number): Buffer => frame(1, 5, stream, Buffer.of(0x82, 0x87, 0x84, 0x01, 0x01, 0x78));
  const resetFrame = (stream: number): Buffer => frame(3, 0, stream, Buffer.of(0, 0, 0, 8));

  it('C15 floods: of cancelled streams (CVE-2023-44487) end their own session and nothing else', async () => {
    const flood = await rawSession();
    let ended = false;
    flood.once('close', () => (ended = true));
    for (let id = 1; id < 20_000 && !ended; id += 200) {
      const cancelled = Array.from({ length: 100 }, (_, index) => id + 2 * index).flatMap((stream) => [
        getFrame(stream),
        resetFrame(stream),
      ]);
      flood.write(Buffer.concat(cancelled));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => ended, { timeout: 10_000 }).toBe(true);
    expect((await call({ ':path': '/healthz' })).status).toBe(200);
  });

  it('C15 floods: of pings and settings leave the others alone', async () => {
    const flood = await rawSession();
    const ping = frame(6, 0, 0, Buffer.alloc(8));
    const settings = frame(4, 0, 0);
    for (let round = 0; round < 20 && !flood.destroyed; round += 1) {
      flood.write(Buffer.concat(Array.from({ length: 1_000 }, () => Buffer.concat([ping, settings]))));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await call({ ':path': '/healthz' })).status).toBe(200);
    flood.destroy();
  });

  it('C15 floods: headers beyond the limit are refused, and nothing else is', async () => {
    const own = await open();
    const stream = own.request({ ...KEY, ':path': '/healthz', 'x-big': 'a'.repeat(15_000), 'x-bigger': 'b'.repeat(30_000) });
    expect((await answerOf(stream)).status).toBe(413);
    own.destroy();
    expect((await call({ ':path': '/healthz' })).status).toBe(200);
  });
});
