import { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientFrame, RawWebSocket, textFrameOf, upgradeRequest } from '../../../test/support/raw-websocket.js';
import { SocketServer } from '../../../test/support/socket-server.js';
import { TestSocket } from '../../../test/support/socket.js';
import { NO_GRANTS } from '../../auth/principal.js';
import { ConnectionPlaces } from '../connection-places.js';
import { LoopLag } from './loop-lag.js';

interface Refused {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The whole HTTP answer to an upgrade, which must be well-formed and end the connection. */
async function refused(port: number, request: string): Promise<Refused> {
  const raw = RawWebSocket.open(port, request);
  await raw.untilEnd();
  const [statusLine = '', ...lines] = raw.head.split('\r\n');
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]));
  expect(headers.get('content-length')).toBe(String(Buffer.byteLength(raw.body)));
  expect(headers.get('connection')).toBe('close');
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  return { status: Number(statusLine.split(' ')[1]), headers, body: JSON.parse(raw.body) as Record<string, unknown> };
}

describe('an upgrade is refused with an HTTP answer', () => {
  let server: SocketServer;
  const SECRET = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2VjcmV0';
  const bearer = (token: string): string => `bearer.${Buffer.from(token).toString('base64url')}`;

  beforeAll(async () => {
    server = await SocketServer.start({ env: { WAYBILL_ALLOWED_ORIGINS: 'https://app.example.com', WAYBILL_CONNECTIONS_PER_USER: '1' } });
  });
  afterAll(() => server.close());

  it.each<[string, string, Record<string, string | undefined>, number, string]>([
    ['version 8', '/ws', { 'Sec-WebSocket-Version': '8' }, 426, 'UPGRADE_REQUIRED'],
    ['version 14', '/ws', { 'Sec-WebSocket-Version': '14' }, 426, 'UPGRADE_REQUIRED'],
    ['version 13, 8', '/ws', { 'Sec-WebSocket-Version': '13, 8' }, 426, 'UPGRADE_REQUIRED'],
    ['no version', '/ws', { 'Sec-WebSocket-Version': undefined }, 426, 'UPGRADE_REQUIRED'],
    ['no key', '/ws', { 'Sec-WebSocket-Key': undefined }, 400, 'BAD_REQUEST'],
    ['a short key', '/ws', { 'Sec-WebSocket-Key': 'c2hvcnQ=' }, 400, 'BAD_REQUEST'],
    ['another protocol', '/ws', { Upgrade: 'foo' }, 400, 'BAD_REQUEST'],
    ['a subprotocol named twice', '/ws', { 'Sec-WebSocket-Protocol': 'waybill.v1, waybill.v1' }, 400, 'BAD_REQUEST'],
    ['an ill-formed list of subprotocols', '/ws', { 'Sec-WebSocket-Protocol': 'waybill.v1,,' }, 400, 'BAD_REQUEST'],
    ['subprotocols without ours', '/ws', { 'Sec-WebSocket-Protocol': 'graphql-ws' }, 400, 'BAD_REQUEST'],
    ['a bearer entry alone', '/ws', { 'Sec-WebSocket-Protocol': bearer(SECRET) }, 400, 'BAD_REQUEST'],
    ['an unknown token', '/ws', { 'Sec-WebSocket-Protocol': `waybill.v1, ${bearer(SECRET)}` }, 401, 'UNAUTHENTICATED'],
    ['an unknown token in the header', '/ws', { Authorization: `Bearer ${SECRET}` }, 401, 'UNAUTHENTICATED'],
    ['a token in the URL', `/ws?token=${SECRET}`, {}, 400, 'BAD_REQUEST'],
    ['a foreign origin', '/ws', { Origin: 'https://evil.example' }, 403, 'PERMISSION_DENIED'],
    ['an origin that begins alike', '/ws', { Origin: 'https://app.example.com.evil.io' }, 403, 'PERMISSION_DENIED'],
    ['an origin with another port', '/ws', { Origin: 'https://app.example.com:8443' }, 403, 'PERMISSION_DENIED'],
    ['an origin with another scheme', '/ws', { Origin: 'http://app.example.com' }, 403, 'PERMISSION_DENIED'],
    ['an origin in capitals', '/ws', { Origin: 'HTTPS://APP.EXAMPLE.COM' }, 403, 'PERMISSION_DENIED'],
    ['the origin null', '/ws', { Origin: 'null' }, 403, 'PERMISSION_DENIED'],
    ['an unknown path', '/elsewhere', {}, 404, 'NOT_FOUND'],
    ['the path with a slash', '/ws/', {}, 404, 'NOT_FOUND'],
    ['a REST resource without a socket form', '/api/v1/topics', {}, 426, 'UPGRADE_REQUIRED'],
    ['a topic that is none', '/api/v1/topics/a..b/messages', {}, 400, 'BAD_REQUEST'],
    ['broken percent-encoding', '/api/v1/topics/%zz/messages', {}, 400, 'BAD_REQUEST'],
    ['a position without its epoch', '/api/v1/topics/a.b/messages?seq=4', {}, 400, 'BAD_REQUEST'],
    ['a position that is no number', '/api/v1/topics/a.b/messages?epoch=e&seq=1e3', {}, 400, 'BAD_REQUEST'],
  ])('%s', async (_case, path, headers, status, code) => {
    const answer = await refused(server.port, upgradeRequest(path, headers));
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(answer.body).toMatchObject({
      message: expect.stringMatching(/\w+ \w+/) as string,
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });
    expect(JSON.stringify([...answer.headers, answer.body])).not.toContain(SECRET);
    expect(JSON.stringify(server.telemetry.events)).not.toContain(SECRET);
    if (status === 426) expect(answer.headers.get('sec-websocket-version')).toBe('13');
    expect(server.telemetry.of('handshake.end').at(-1)?.[0]).toBe(code);
  });

  it('a POST', async () => {
    const answer = await refused(server.port, upgradeRequest('/ws', {}, 'POST'));
    expect([answer.status, answer.body['code'], answer.headers.get('allow')]).toEqual([405, 'METHOD_NOT_ALLOWED', 'GET']);
  });

  it('a topic that the token may not read', async () => {
    const token = server.credentials.token('carol', NO_GRANTS);
    const answer = await refused(server.port, upgradeRequest('/api/v1/topics/a.b/messages', { Authorization: `Bearer ${token}` }));
    expect([answer.status, answer.body['code']]).toEqual([403, 'PERMISSION_DENIED']);
  });

  it('one connection too many of a user', async () => {
    const first = await server.connect('dora');
    const answer = await refused(server.port, upgradeRequest('/ws', { Authorization: `Bearer ${server.token('dora')}` }));
    expect([answer.status, answer.body['code'], answer.headers.get('retry-after')]).toEqual([429, 'LIMIT_EXCEEDED', '5']);
    await first.close();
    const again = await server.connect('dora');
    await again.close();
  });

  it('too large a header, and the process goes on', async () => {
    const raw = RawWebSocket.open(server.port, upgradeRequest('/ws', { 'X-Large': 'x'.repeat(17_000) }));
    await raw.untilEnd();
    expect(raw.head).toMatch(/^HTTP\/1\.1 4(13|31)/);
    await (await server.connect('erin')).close();
  });

  it.each([
    ['the listed origin', { Origin: 'https://app.example.com' }],
    ['an origin that is the host itself', { Origin: 'https://chat.example.org', Host: 'chat.example.org' }],
    ['no origin', {}],
  ])('but not with %s', async (_case, headers) => {
    const raw = RawWebSocket.open(server.port, upgradeRequest('/ws', headers));
    await raw.until(() => raw.head !== '');
    expect(raw.head).toMatch(/^HTTP\/1\.1 101/);
    raw.socket.destroy();
  });

  it('and a token in the subprotocol is never echoed', async () => {
    const token = server.token('frank');
    const raw = RawWebSocket.open(server.port, upgradeRequest('/ws', { 'Sec-WebSocket-Protocol': `${bearer(token)}, waybill.v1` }));
    await raw.until(() => raw.texts.length > 0);
    expect(raw.head).toMatch(/^Sec-WebSocket-Protocol: waybill\.v1$/m);
    expect(raw.head).not.toContain('bearer');
    expect(raw.texts[0]).toMatchObject({ action: 'welcome', data: { user: 'frank' } });
    raw.socket.destroy();
  });

  it('and no subprotocol is named where none was offered', async () => {
    const raw = RawWebSocket.open(server.port, upgradeRequest('/ws', { 'Sec-WebSocket-Protocol': undefined }));
    await raw.until(() => raw.head !== '');
    expect(raw.head).toMatch(/^HTTP\/1\.1 101/);
    expect(raw.head).not.toMatch(/Sec-WebSocket-(Protocol|Extensions)/);
    raw.socket.destroy();
  });

  it('and an offer of another protocol leaves a REST request as it is', async () => {
    const raw = RawWebSocket.open(server.port, upgradeRequest('/nowhere', { Upgrade: 'h2c', Connection: 'Upgrade, close' }));
    const handshakes = server.telemetry.of('handshake').length;
    await raw.untilEnd();
    expect(raw.head).toMatch(/^HTTP\/1\.1 404/);
    expect(server.telemetry.of('handshake')).toHaveLength(handshakes);
  });
});

describe('an upgrade', () => {
  it('takes the first frames from the segment of the request', async () => {
    const server = await SocketServer.start();
    const request = upgradeRequest('/ws', { Authorization: `Bearer ${server.token()}` });
    const frames = Buffer.concat([textFrameOf({ msg_id: 'early', action: 'ping', data: { n: 1 } }), clientFrame(0x9, 'hello')]);
    const raw = RawWebSocket.open(server.port, request, frames);
    await raw.until(() => raw.texts.length === 2 && raw.frames.some(({ opcode }) => opcode === 10));
    expect(raw.texts).toMatchObject([{ action: 'welcome' }, { action: 'reply', reply_to: 'early', code: 'OK', data: { n: 1 } }]);
    raw.socket.destroy();
    await server.close();
  });

  it('beyond the limit of the node gets 503 and a time to wait', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_MAX_CONNECTIONS: '1' } });
    const first = await server.connect();
    const answer = await refused(server.port, upgradeRequest('/ws', { Authorization: `Bearer ${server.token()}` }));
    expect([answer.status, answer.body['code'], answer.headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '5']);
    await first.close();
    await expect.poll(() => server.registry.size).toBe(0);
    await (await server.connect()).close();
    await server.close();
  });

  it('gets 503 while the event loop lags, untraced and counted; who is connected is served, and REST is not paced', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_ACCEPT_LAG_MS: '150' } });
    const first = await server.connect();
    const handshakes = server.telemetry.of('handshake').length;
    for (let turn = 0; turn < 4; turn += 1) {
      const end = performance.now() + 400;
      while (performance.now() < end);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const answer = await refused(server.port, upgradeRequest('/ws', { Authorization: `Bearer ${server.token()}` }));
    const { retry_after_ms: retryAfterMs } = answer.body as { retry_after_ms: number };
    expect([answer.status, answer.body['code'], answer.headers.get('retry-after')]).toEqual([
      503,
      'UNAVAILABLE',
      String(Math.ceil(retryAfterMs / 1_000)),
    ]);
    expect(answer.body).toMatchObject({
      message: expect.stringContaining('gateway.acceptLagMs') as string,
      trace_id: expect.any(String) as string,
    });
    expect([retryAfterMs >= 1_000, retryAfterMs <= 5_000]).toEqual([true, true]);
    expect(server.telemetry.of('handshake')).toHaveLength(handshakes);
    expect(server.telemetry.of('handshakeRefused')).toEqual([['UNAVAILABLE']]);
    expect(server.telemetry.of('rateLimited')).toEqual([['accepts']]);
    expect(await first.request('ping')).toMatchObject({ code: 'OK' });
    expect((await fetch(`http://127.0.0.1:${server.port}/nowhere`)).status).toBe(404);
    // The lag is over: newcomers are taken again.
    await expect.poll(() => server.app.get(LoopLag).meanMs, { timeout: 5_000 }).toBeLessThan(75);
    await (await server.connect()).close();
    await server.close();
  });

  it('gets 503 where as many are under way as may be, and they are not hurt', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_HANDSHAKES_IN_FLIGHT: '3' } });
    let proceed = (): void => undefined;
    const held = new Promise<void>((resolve) => (proceed = resolve));
    const authenticate = server.credentials.authenticate.bind(server.credentials);
    server.credentials.authenticate = async (credentials) => {
      await held;
      return authenticate(credentials);
    };
    const early = [1, 2, 3].map(() => server.connect());
    await expect.poll(() => server.registry.upgradesUnderWay).toBe(3);
    const answer = await refused(server.port, upgradeRequest('/ws', { Authorization: `Bearer ${server.token()}` }));
    expect([answer.status, answer.body['message']]).toEqual([503, expect.stringContaining('gateway.handshakesInFlight')]);
    proceed();
    for (const socket of await Promise.all(early)) await socket.close();
    await (await server.connect()).close();
    await server.close();
  });

  it('leaves nothing behind when the peer goes while it is authenticated', async () => {
    const server = await SocketServer.start();
    const token = server.token();
    let seen = (): void => undefined;
    let proceed = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (seen = resolve));
    const held = new Promise<void>((resolve) => (proceed = resolve));
    const authenticate = server.credentials.authenticate.bind(server.credentials);
    server.credentials.authenticate = async (credentials) => {
      seen();
      await held;
      return authenticate(credentials);
    };
    const accepted = new Promise<Socket>((resolve) => server.app.getHttpServer().once('connection', resolve));
    const raw = RawWebSocket.open(server.port, upgradeRequest('/ws', { Authorization: `Bearer ${token}` }));
    await arrived;
    const closed = new Promise((resolve) => void accepted.then((socket) => socket.once('close', resolve)));
    expect(server.registry.authenticating).toBe(1);
    raw.socket.resetAndDestroy();
    await closed;
    proceed();
    await expect
      .poll(() => [server.registry.size, server.registry.authenticating, server.app.get(ConnectionPlaces).taken])
      .toEqual([0, 0, 0]);
    expect(server.telemetry.of('connectionOpened')).toHaveLength(0);
    expect(server.telemetry.of('handshake.end')).toEqual([['TIMEOUT', expect.anything()]]);
    await server.close();
  });

  it('may be reset at any moment, refused or not, and the process goes on', async () => {
    const server = await SocketServer.start();
    for (const headers of [
      {},
      { 'Sec-WebSocket-Version': '8' },
      { Authorization: 'Bearer x.y.z' },
      { Authorization: `Bearer ${server.token()}` },
    ]) {
      for (const waits of [false, true]) {
        const accepted = new Promise<Socket>((resolve) => server.app.getHttpServer().once('connection', resolve));
        const raw = RawWebSocket.open(server.port, upgradeRequest('/ws', headers));
        const socket = await accepted;
        if (waits) await raw.until(() => raw.head !== '');
        const closed = new Promise((resolve) => socket.once('close', resolve));
        raw.socket.resetAndDestroy();
        await closed;
      }
    }
    await expect.poll(() => [server.registry.occupied, server.app.get(ConnectionPlaces).taken]).toEqual([0, 0]);
    await (await server.connect()).close();
    await server.close();
  });

  it('to a topic is a socket subscribed to that one topic', async () => {
    const server = await SocketServer.start();
    const publisher = await server.connect('alice');
    const { data } = await publisher.request('topic.publish', { topic: 'orders.42', data: 'first' });
    const { epoch } = data as { epoch: string };
    const path = `/api/v1/topics/orders.42/messages?epoch=${epoch}&seq=0`;
    const socket = await TestSocket.connect(server.port, server.token('bob'), { path });
    await publisher.request('topic.publish', { topic: 'orders.42', data: 'second' });
    await socket.untilMessages('orders.42', 2);
    expect(socket.frames.filter((frame) => frame['action'] !== 'presence.join')).toMatchObject([
      { action: 'welcome' },
      { action: 'reply', code: 'OK', data: { topics: [{ topic: 'orders.42', code: 'OK', head: 1, recovered: true, count: 1 }] } },
      { seq: 1, data: 'first' },
      { seq: 2, data: 'second' },
    ]);
    await publisher.request('user.send', { user: 'bob', data: 'not here' });
    await socket.request('ping');
    expect(socket.messages('$user.bob')).toHaveLength(0);
    await server.close();
  });
});
