import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { RawHttp } from '../support/raw-http.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ env: { WAYBILL_TRUSTED_PROXIES: '127.0.0.1' } });
});
afterAll(() => gateway.stop());

type Headers = Readonly<Record<string, string | undefined>>;

/** Of everything that is not a page. */
const DATA_HEADERS: Headers = {
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

async function ask(path: string, init: RequestInit = {}): Promise<{ readonly status: number; readonly headers: Headers }> {
  const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, init);
  await response.arrayBuffer();
  return { status: response.status, headers: Object.fromEntries(response.headers) };
}

/** What a server answers to bytes. */
async function askRaw(text: string): Promise<{ readonly status: number; readonly headers: Headers }> {
  const raw = RawHttp.open(gateway.port);
  raw.send(text);
  const [head = ''] = (await raw.untilEnd()).split('\r\n\r\n');
  const [line = '', ...fields] = head.split('\r\n');
  const headers = fields.map((field): [string, string] => [
    field.slice(0, field.indexOf(':')).toLowerCase(),
    field.slice(field.indexOf(':') + 2),
  ]);
  return { status: Number(line.split(' ')[1]), headers: Object.fromEntries(headers) };
}

async function refusedUpgrade(): Promise<{ readonly status: number; readonly headers: Headers }> {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/ws?token=x`, ['waybill.v1']);
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  socket.terminate();
  return { status: response.statusCode ?? 0, headers: response.headers as Headers };
}

const KEY = { headers: { authorization: 'Bearer test-api-key-0123456789' } };

describe('S55 headers', () => {
  it.each([
    ['data', () => ask('/api/v1/topics', KEY), 200],
    ['a refusal', () => ask('/api/v1/topics'), 401],
    ['a path that is not there', () => ask('/nothing/here'), 404],
    ['a method that is not there', () => ask('/api/v1/topics', { method: 'PUT' }), 405],
    ['a body that is not JSON', () => ask('/api/v1/messages', { ...KEY, method: 'POST', body: '<html>' }), 415],
    ['the OpenAPI document', () => ask('/api/docs-json'), 200],
    ['the liveness page', () => ask('/healthz'), 200],
    ['the door of sockets', () => ask('/ws'), 426],
    ['a preflight', () => ask('/api/v1/topics', { method: 'OPTIONS' }), 204],
    ['an address that cannot be read', () => askRaw('GET /%ff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'), 400],
    ['what is not HTTP', () => askRaw('hello\r\n\r\n'), 400],
    ['a refused upgrade', refusedUpgrade, 400],
  ])('S55 %s says that it is data, to be neither sniffed, framed nor referred from', async (_name, asked, status) => {
    const answer = await asked();
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject(DATA_HEADERS);
    expect(answer.headers['strict-transport-security']).toBeUndefined();
  });

  it.each(['/api/docs', '/api/docs/start.js'])('S55 the page %s loads from here alone, and nothing is written into it', async (path) => {
    const { headers } = await ask(path);
    expect(headers['content-security-policy']).toBe(
      `default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws://127.0.0.1:${gateway.port}; ` +
        "frame-ancestors 'none'; object-src 'none'; base-uri 'none'; form-action 'self'",
    );
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  });

  it.each(['evil.example; script-src *', "a' 'unsafe-inline", 'a b'])('S55 a Host of %j adds nothing to the policy', async (host) => {
    const { headers } = await askRaw(`GET /api/docs HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(headers['content-security-policy'] ?? '').not.toMatch(/unsafe-inline|script-src \*|ws:\/\//);
  });

  it('S55 over TLS the browser is told to come by TLS alone', async () => {
    const { headers } = await ask('/api/docs', { headers: { 'x-forwarded-proto': 'https' } });
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
    expect(headers['content-security-policy']).toContain(`connect-src 'self' wss://127.0.0.1:${gateway.port};`);
  });
});
