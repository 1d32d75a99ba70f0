import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawHttp } from '../../../test/support/raw-http.js';
import { type RestServer, startRestServer } from '../../../test/support/rest-server.js';

let server: RestServer;
beforeAll(async () => {
  server = await startRestServer({
    env: { WAYBILL_HEADERS_TIMEOUT_MS: '200', WAYBILL_REQUEST_TIMEOUT_MS: '400', WAYBILL_SSE_COMMENT_MS: '700' },
  });
});
afterAll(() => server.close());

async function sent(text: string): Promise<string> {
  const raw = RawHttp.open(server.port);
  raw.send(text);
  return raw.untilEnd();
}

function bodyOf(answer: string): unknown {
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  expect(head).toContain('Content-Type: application/json; charset=utf-8');
  expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}`);
  return JSON.parse(body);
}

describe('what is not a request', () => {
  it.each([
    ['not HTTP at all', 'hello\r\n\r\n', 400, { code: 'BAD_REQUEST', field: 'request' }],
    ['a method nobody knows', 'BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n', 400, { code: 'BAD_REQUEST', field: 'request' }],
    [
      'two lengths',
      'POST /api/v1/broadcast HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
      { code: 'BAD_REQUEST', field: 'request' },
    ],
    [
      'a length and chunks',
      'POST /api/v1/broadcast HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
      { code: 'BAD_REQUEST', field: 'request' },
    ],
    [
      'headers of 20 KiB',
      `GET / HTTP/1.1\r\nHost: x\r\nX-Huge: ${'x'.repeat(20_480)}\r\n\r\n`,
      413,
      { code: 'PAYLOAD_TOO_LARGE', field: 'headers' },
    ],
    ['headers that do not end', 'GET / HTTP/1.1\r\nHost: x\r\n', 408, { code: 'TIMEOUT' }],
  ])('answers %s', async (_name, text, status, body) => {
    const answer = await sent(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain('Connection: close');
    expect(bodyOf(answer)).toMatchObject(body);
  });

  it('answers a body that does not end', async () => {
    const key = server.credentials.key('publish');
    const answer = await sent(
      `POST /api/v1/broadcast HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"data":`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(bodyOf(answer)).toMatchObject({ code: 'TIMEOUT' });
    await expect.poll(() => server.telemetry.of('request.end')).toEqual([['TIMEOUT']]);
    expect(server.telemetry.of('request.respond')).toEqual([['/api/v1/broadcast', 408]]);
    expect(await server.log.topics({ limit: 10 })).toEqual([]);
  });

  it('survives a peer that leaves in the middle of its body', async () => {
    const key = server.credentials.key('publish');
    const raw = RawHttp.open(server.port);
    raw.send(
      `POST /api/v1/broadcast HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"data":`,
    );
    await expect.poll(() => server.telemetry.of('request').length).toBeGreaterThan(0);
    raw.close();
    expect(await server.call('POST', '/api/v1/topics/after/messages', '{"data":1}')).toMatchObject({ status: 201 });
  });

  it('lets an event stream live longer than a request may take to arrive', async () => {
    const key = server.credentials.key('read');
    const raw = RawHttp.open(server.port);
    raw.send(`GET /api/v1/topics/long/messages HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\nAccept: text/event-stream\r\n\r\n`);
    // Three comments take 2.1 s; requests are looked through every second and may take 0.4 s.
    await raw.until((received) => (received.match(/^: /gm) ?? []).length >= 3);
    raw.close();
  });

  it('does not write an error into the middle of an event stream', async () => {
    const key = server.credentials.key('read');
    const raw = RawHttp.open(server.port);
    raw.send(`GET /api/v1/topics/quiet/messages HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\nAccept: text/event-stream\r\n\r\n`);
    await raw.until((received) => received.includes('topic.subscribed'));
    raw.send('this is not HTTP\r\n\r\n');
    expect((await raw.untilEnd()).match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});
