import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { migratedDatabase } from '../support/migrated-database.js';
import type { TestDatabase } from '../support/postgres.js';
import { Program } from '../support/program.js';
import { RawHttp } from '../support/raw-http.js';
import { RawWebSocket, upgradeRequest } from '../support/raw-websocket.js';
import { SecretMarks } from '../support/secret-marks.js';
import { TestSocket } from '../support/socket.js';
import { signToken } from '../support/tokens.js';

const FATAL_LINE = '\r\n{"level":"fatal","msg":"forged"}\r\n';
const TERMINAL = '\u001b[2J\u001b[31m';
const GRANTS = { topics: { subscribe: ['*'], publish: ['*'] } };

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The built program with the most talkative log and every span exported: whatever it says to anybody is searched for secrets. */
describe('the built program', { timeout: 120_000 }, () => {
  const marks = new SecretMarks();
  const apiKey = marks.make('api-key');
  const jwtSecret = marks.make('jwt-secret-of-enough-bytes');
  /** Answers to those who are not meant to learn anything. */
  const said: string[] = [];
  let database: TestDatabase;
  let collector: OtlpReceiver;
  let program: Program;

  beforeAll(async () => {
    [database, collector] = await Promise.all([migratedDatabase(), OtlpReceiver.start()]);
    const { password } = new URL(database.url);
    if (password.length >= 12) marks.add('database password', password);
    program = await Program.start({
      env: {
        DATABASE_URL: database.url,
        WAYBILL_API_KEY: apiKey,
        WAYBILL_JWT_SECRET: jwtSecret,
        WAYBILL_LOG_LEVEL: 'trace',
        WAYBILL_TRACE_RATIO: '1',
        WAYBILL_TRACE_RATE: '100000',
        WAYBILL_ALLOWED_ORIGINS: 'https://app.example.com',
        WAYBILL_AUTH_TIMEOUT_MS: '1000',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${marks.make('collector-token')},x-tenant-key=${marks.make('collector-key')}`,
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent('process.once("SIGTERM",()=>console.log(JSON.stringify({proto:"__proto__"in{}})))')}`,
      },
    });
  }, 120_000);
  afterAll(async () => {
    await program?.dispose();
    await collector?.close();
    await database?.drop();
  });

  async function rest(
    method: string,
    path: string,
    options: { readonly auth?: string; readonly body?: unknown; readonly headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const { auth = `Bearer ${apiKey}`, body, headers } = options;
    const response = await fetch(`http://127.0.0.1:${program.port}${path}`, {
      method,
      headers: {
        ...(auth !== '' && { authorization: auth }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status >= 400) said.push(`${JSON.stringify([...response.headers])}${text}`);
    return { status: response.status, body: text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : {} };
  }

  async function mint(name: string): Promise<string> {
    const { body } = await rest('POST', '/api/v1/auth/tokens', { body: { user: name, ...GRANTS } });
    return marks.addToken(`token of ${name}`, (body['data'] as { token: string }).token);
  }

  /** An upgrade and all that came of it. */
  async function upgrade(path: string, headers: Readonly<Record<string, string | undefined>>): Promise<number> {
    const raw = RawWebSocket.open(program.port, upgradeRequest(path, headers));
    await raw.until(() => raw.head !== '').catch(() => undefined);
    const status = Number(raw.head.split(' ')[1]);
    if (status === 101) await raw.until(() => raw.frames.length > 0).catch(() => undefined);
    else await raw.untilEnd();
    said.push(raw.head + raw.body + JSON.stringify(raw.texts));
    raw.socket.destroy();
    return status;
  }

  const encoded = (token: string): string => `waybill.v1, bearer.${Buffer.from(token).toString('base64url')}`;

  it('S48 takes marked credentials by every way, good and bad', async () => {
    const byHeader = await mint('header');
    expect(await upgrade('/ws', { Authorization: `Bearer ${byHeader}` })).toBe(101);
    expect(await upgrade('/ws', { 'Sec-WebSocket-Protocol': encoded(await mint('subprotocol')) })).toBe(101);
    const { body: issued } = await rest('POST', '/api/v1/auth/tickets', { auth: `Bearer ${await mint('ticket')}` });
    const ticket = marks.add('ticket', (issued['data'] as { ticket: string }).ticket);
    expect([await upgrade(`/ws?ticket=${ticket}`, {}), await upgrade(`/ws?ticket=${ticket}`, {})]).toEqual([101, 401]);

    const socket = await TestSocket.connect(program.port, undefined);
    expect((await socket.request('auth', { token: await mint('frame') }))['code']).toBe('OK');
    expect((await socket.request('auth.refresh', { token: await mint('frame') }))['code']).toBe('OK');
    expect((await socket.request('topic.publish', { topic: 'canary.a', data: marks.make('payload') }))['code']).toBe('OK');
    expect((await socket.request('auth.refresh', { token: marks.make('refresh') }))['code']).not.toBe('OK');
    const refusedSocket = await TestSocket.connect(program.port, undefined);
    await refusedSocket.request('auth', { token: marks.make('frame-token') });
    said.push(JSON.stringify([...socket.frames, ...refusedSocket.frames].filter((frame) => frame['action'] !== 'auth')));
    socket.socket.terminate();

    const { body: renewed } = await rest('POST', '/api/v1/auth/refresh', { auth: `Bearer ${byHeader}` });
    marks.addToken('renewed token', (renewed['data'] as { token: string }).token);
    const { body: made } = await rest('POST', '/api/v1/auth/keys', { body: { name: 'canary', scopes: ['publish'] } });
    const key = marks.add('made key', (made['data'] as { key: string }).key);
    expect(
      (await rest('POST', '/api/v1/topics/canary.b/messages', { auth: `Bearer ${key}`, body: { data: marks.make('rest-payload') } }))
        .status,
    ).toBe(201);
    expect((await rest('GET', '/api/v1/topics', { auth: `Bearer ${key}` })).status).toBe(403);

    const forged = marks.addToken(
      'forged',
      await signToken({ key: createSecretKey(Buffer.alloc(32, 7)), claims: { sub: marks.make('claim') } }),
    );
    const expired = marks.addToken('expired', await signToken({ key: createSecretKey(Buffer.from(jwtSecret)), claims: { exp: 1 } }));
    for (const token of [forged, expired, `${marks.make('part-one')}.${marks.make('part-two')}.${marks.make('part-three')}`]) {
      expect(await upgrade('/ws', { Authorization: `Bearer ${token}` })).toBe(401);
      expect(await upgrade('/ws', { 'Sec-WebSocket-Protocol': encoded(token) })).toBe(401);
      expect((await rest('GET', '/api/v1/auth/check', { auth: `Bearer ${token}` })).status).toBe(401);
    }
    for (const [name, status] of [
      ['basic', 401],
      ['wrong-key', 401],
    ] as const) {
      const secret = marks.make(name);
      const auth = name === 'basic' ? `Basic ${Buffer.from(`user:${secret}`).toString('base64')}` : `Bearer ${secret}`;
      expect((await rest('GET', '/api/v1/topics', { auth })).status).toBe(status);
    }
    await rest('GET', '/api/v1/topics', { auth: '', headers: { 'x-api-key': marks.make('x-api-key') } });
    await rest('GET', '/api/v1/topics', { auth: '', headers: { cookie: `waybill_session=${marks.make('cookie')}` } });
    await upgrade('/ws', { Cookie: `waybill_session=${marks.make('upgrade-cookie')}`, Origin: 'https://app.example.com' });
  });

  it('S5, S48 refuses what stands in a URL, and repeats it nowhere', async () => {
    const inUrl = await mint('url');
    for (const query of [
      `token=${inUrl}`,
      `access_token=${marks.make('query-token')}`,
      `x=${inUrl}`,
      `api_key=${marks.make('query-key')}`,
    ]) {
      expect(await upgrade(`/ws?${query}`, {})).toBe(400);
      expect((await rest('GET', `/api/v1/topics?${query}`)).status).toBe(400);
    }
    expect(await upgrade(`/ws?ticket=${marks.make('false-ticket').replaceAll('.', '')}`, {})).toBe(401);
    expect(await upgrade(`/elsewhere?ticket=${marks.make('lost-ticket')}`, {})).toBeGreaterThanOrEqual(400);
    expect((await rest('GET', `/nowhere?password=${marks.make('query-password')}`)).status).toBe(404);
  });

  it('S48 takes marked secrets of devices and operators where it has doors for them', async () => {
    const document = (await (await fetch(`http://127.0.0.1:${program.port}/api/docs-json`)).json().catch(() => ({}))) as {
      paths?: Record<string, unknown>;
    };
    const paths = Object.keys(document.paths ?? {});
    if (paths.includes('/api/v1/devices/{id}/token')) {
      const { body } = await rest('POST', '/api/v1/devices', { body: { id: 'canary-device', kind: 'hmac' } });
      for (const [name, value] of Object.entries((body['data'] ?? {}) as Record<string, unknown>)) {
        if (/key|secret/i.test(name) && typeof value === 'string' && value.length >= 32 && !/id$/i.test(name))
          marks.add(`device ${name}`, value);
      }
      const challenge = await rest('POST', '/api/v1/devices/canary-device/challenge', { auth: '' });
      const { nonce } = (challenge.body['data'] ?? {}) as { nonce?: string };
      const answer = await rest('POST', '/api/v1/devices/canary-device/token', { auth: '', body: { nonce, proof: marks.make('proof') } });
      expect(answer.status).toBe(401);
    }
    if (paths.includes('/api/v1/ops/session')) {
      const password = marks.make('password');
      await rest('POST', '/api/v1/ops/operators', { body: { name: 'canary-operator', password, role: 'viewer' } });
      await rest('POST', '/api/v1/ops/session', { auth: '', body: { name: 'canary-operator', password: marks.make('wrong-password') } });
      const response = await fetch(`http://127.0.0.1:${program.port}/api/v1/ops/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'canary-operator', password }),
      });
      const cookie = /=([^;]{12,})/.exec(response.headers.get('set-cookie') ?? '')?.[1];
      if (cookie !== undefined) marks.add('session cookie', cookie);
    }
    // What a body of the wrong shape holds is not repeated either.
    for (const path of ['auth/tokens', 'auth/keys', 'devices', 'ops/session', 'messages']) {
      await rest('POST', `/api/v1/${path}`, {
        body: {
          password: marks.make(`body-${path.replace('/', '-')}`),
          token: 7,
          user: { a: marks.make(`nested-${path.replace('/', '-')}`) },
        },
      });
      await rest('POST', `/api/v1/${path}`, { body: `{"password":"${marks.make(`broken-${path.replace('/', '-')}`)}",` });
    }
  });

  it('S47 takes whatever anybody calls himself', async () => {
    const names = [`${TERMINAL}evil`, 'x'.repeat(30_000), '\u2028\u2029\u0085', FATAL_LINE];
    for (const name of names) {
      const socket = await TestSocket.connect(program.port, undefined, { path: `/ws?client=${encodeURIComponent(name.slice(0, 4_000))}` });
      await socket.request('auth', { token: name });
      socket.socket.terminate();
      await rest('POST', `/api/v1/topics/${encodeURIComponent(name.slice(0, 1_000))}/messages`, { body: { data: 1 } });
      await rest('GET', `/api/v1/topics?prefix=${encodeURIComponent(name.slice(0, 4_000))}`);
      await rest('POST', '/api/v1/auth/keys', { body: { name: name.slice(0, 100), scopes: ['publish'] } });
      const member = await TestSocket.connect(program.port, await mint('logger'));
      for (const action of [name.slice(0, 64), name]) member.send({ msg_id: 'm', action, data: {} });
      await member.request('topic.publish', { topic: name, data: 1 });
      await member.request('topic.publish', { topic: 'log.a', action: name, data: 1 });
      member.socket.terminate();
    }
    for (const agent of [`${TERMINAL}agent`, 'y'.repeat(10_000)]) {
      const http = RawHttp.open(program.port);
      http.send(`GET /api/v1/topics HTTP/1.1\r\nHost: a\r\nUser-Agent: ${agent}\r\nX-Forwarded-For: ${agent}\r\nConnection: close\r\n\r\n`);
      await http.untilEnd();
    }
  });

  it('S48 has said none of it: not in logs, spans, metrics, error bodies or views of operators', async () => {
    const views: string[] = [];
    const document = (await (await fetch(`http://127.0.0.1:${program.port}/api/docs-json`)).json()) as { paths: Record<string, object> };
    const seen = Object.entries(document.paths).filter(
      ([path, methods]) => path.startsWith('/api/v1/ops/') && !/[{]|event-loop/.test(path) && 'get' in methods,
    );
    for (const path of [...seen.map(([name]) => name), '/api/v1/auth/keys', '/api/v1/ops/connections?state=all']) {
      const response = await fetch(`http://127.0.0.1:${program.port}${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
      if (response.headers.get('content-type')?.includes('json') === true) views.push(`${path} ${await response.text()}`);
      else await response.body?.cancel();
    }
    expect(views.length).toBeGreaterThan(4);
    const metrics = await (await fetch(`http://127.0.0.1:${program.opsPort}/metrics`)).text();
    await program.terminate();
    expect(marks.count).toBeGreaterThan(50);
    expect(collector.text).toContain('GET /ws');
    expect(program.output.length).toBeGreaterThan(10_000);
    expect(said.length).toBeGreaterThan(30);
    for (const [where, text] of [
      ['logs', program.output],
      ['spans', collector.text],
      ['metrics', metrics],
      ['error bodies', said.join('\n')],
      ['views of operators', views.join('\n')],
    ] as const) {
      expect({ where, leaks: marks.leaksIn(text) }).toEqual({ where, leaks: [] });
    }
  });

  it('S47 has written one line of JSON for each, escaped and cut', () => {
    const lines = program.output.split('\n').filter((line) => line.startsWith('{') || line.includes('forged'));
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) {
      expect(() => JSON.parse(line) as unknown, line.slice(0, 200)).not.toThrow();
      expect((JSON.parse(line) as { level?: string }).level).not.toBe('fatal');
      expect(line.length).toBeLessThan(8_192);
    }
    // eslint-disable-next-line no-control-regex
    expect(program.output).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/);
    expect(program.output).not.toContain('x'.repeat(1_100));
  });

  it('S42 runs without __proto__', () => {
    expect(program.output).toContain('{"proto":false}');
  });
});
