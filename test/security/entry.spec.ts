import { createSecretKey } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, TEST_API_KEY, TEST_JWT_SECRET, type TestGateway } from '../support/gateway.js';
import { RawWebSocket, textFrameOf, upgradeRequest } from '../support/raw-websocket.js';
import { signToken } from '../support/tokens.js';

const OURS = 'https://app.example.com';
const AUTH_TIMEOUT_MS = 400;

let gateway: TestGateway;
let token: string;
const opened: RawWebSocket[] = [];

beforeAll(async () => {
  gateway = await startGateway({
    env: { WAYBILL_ALLOWED_ORIGINS: OURS, WAYBILL_AUTH_TIMEOUT_MS: String(AUTH_TIMEOUT_MS), WAYBILL_ACCEPT_LAG_MS: '0' },
  });
  token = await signToken({
    key: createSecretKey(Buffer.from(TEST_JWT_SECRET)),
    claims: { topics: { subscribe: ['*'], publish: ['*'] } },
  });
});
afterEach(() => {
  for (const raw of opened.splice(0)) raw.socket.destroy();
});
afterAll(() => gateway.stop());

const bearer = (): string => `bearer.${Buffer.from(token).toString('base64url')}`;
const authorised = (headers: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  Authorization: `Bearer ${token}`,
  ...headers,
});

/** Opens a socket or gets the answer that refuses it; everything that was said stands in `said`. */
async function attempt(
  path: string,
  headers: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly status: number; readonly said: string; readonly raw: RawWebSocket }> {
  const raw = RawWebSocket.open(gateway.port, upgradeRequest(path, headers));
  opened.push(raw);
  await raw.until(() => raw.head !== '').catch(() => undefined);
  const status = Number(raw.head.split(' ')[1]);
  if (status !== 101) await raw.untilEnd();
  return { status, said: raw.head + raw.body, raw };
}

describe('an origin', () => {
  it('S1 of a foreign site is refused, with a good token', async () => {
    const { status, said } = await attempt('/ws', authorised({ Origin: 'https://evil.example' }));
    expect(status).toBe(403);
    expect(said).toContain('PERMISSION_DENIED');
    expect(said).toContain('server.allowedOrigins');
  });

  it.each([
    `${OURS}.evil.io`,
    'https://evil.io/https://app.example.com',
    'https://app.example.com@evil.io',
    'https://xapp.example.com',
    'https://example.com',
    `${OURS}/`,
    `${OURS}:443`,
    `${OURS}:8443`,
    'http://app.example.com',
    'HTTPS://app.example.com',
    'https://APP.example.com',
    `${OURS}, https://evil.example`,
    `${OURS} https://evil.example`,
    'null',
    'file://',
    'https://app.example.com%00.evil.io',
  ])('S2 of %s is refused', async (origin) => {
    expect((await attempt('/ws', authorised({ Origin: origin }))).status).toBe(403);
  });

  it('S2 is taken where it is ours, to the letter', async () => {
    expect((await attempt('/ws', authorised({ Origin: OURS }))).status).toBe(101);
  });

  it('S2 of a foreign site gets no CORS either', async () => {
    const ask = (origin: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${gateway.port}/api/v1/auth/check`, { headers: { origin, authorization: `Bearer ${token}` } });
    expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const ours = await ask(OURS);
    expect([ours.headers.get('access-control-allow-origin'), ours.headers.get('access-control-allow-credentials')]).toEqual([OURS, null]);
  });

  it('S3 is not needed by a program with a token', async () => {
    const { raw, status } = await attempt('/ws', authorised());
    expect(status).toBe(101);
    await raw.until(() => raw.texts.length > 0);
    expect(raw.texts[0]).toMatchObject({ action: 'welcome', data: { user: 'alice' } });
  });
});

describe('a cookie', () => {
  const cookies = (): string =>
    ['token', 'session', 'waybill_session', '__Host-waybill', 'jwt'].map((name) => `${name}=${token}`).join('; ');

  it.each([
    ['S3 of a program', {}],
    ['S4 of a page of ours', { Origin: OURS }],
  ])('%s opens nothing: it is refused, or the socket waits for its auth frame and ends with 4402', async (_who, headers) => {
    const { raw, status } = await attempt('/ws', { Cookie: cookies(), ...headers });
    if (status === 401) return;
    expect(status).toBe(101);
    expect((await raw.untilClose()).code).toBe(4402);
    expect(raw.texts.map((frame) => frame['action'])).toEqual(['sys.closing']);
  });

  it('S4 proves nothing to REST', async () => {
    for (const path of ['/api/v1/auth/check', '/api/v1/topics', '/api/v1/ops/connections']) {
      const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, { headers: { cookie: cookies(), origin: OURS } });
      expect([path, response.status]).toEqual([path, 401]);
    }
  });
});

describe('a token', () => {
  it.each([
    ['token', (value: string) => `token=${value}`],
    ['access_token', (value: string) => `access_token=${value}`],
    ['Authorization', (value: string) => `Authorization=${value}`],
    ['a parameter of another name', (value: string) => `x=${value}`],
    ['the name of a parameter', (value: string) => `${value}=1`],
    ['token, beside a good header', (value: string) => `token=${value}`],
  ])('S5 in the URL as %s is refused and not repeated', async (name, query) => {
    const { status, said } = await attempt(`/ws?${query(token)}`, name.includes('beside') ? authorised() : {});
    expect(status).toBe(400);
    expect(said).not.toContain(token.slice(0, 30));
  });

  it('S5 in the URL of REST is refused and not repeated', async () => {
    const response = await fetch(`http://127.0.0.1:${gateway.port}/api/v1/topics?access_token=${token}`, { headers: authorised() });
    const said = await response.text();
    expect([response.status, said.includes(token.slice(0, 30))]).toEqual([400, false]);
  });

  it('S5 of a ticket works once', async () => {
    const answer = await gateway.rest('POST', '/api/v1/auth/tickets', undefined, { authorization: `Bearer ${token}` });
    const { ticket } = answer.body.data as { ticket: string };
    expect((await attempt(`/ws?ticket=${ticket}`, {})).status).toBe(101);
    const { status, said } = await attempt(`/ws?ticket=${ticket}`, {});
    expect([status, said.includes(ticket)]).toEqual([401, false]);
  });

  it.each(['waybill.v1, BEARER', 'BEARER, waybill.v1'])('S6 as subprotocol in %s opens a socket that does not repeat it', async (offer) => {
    const { raw, status } = await attempt('/ws', { 'Sec-WebSocket-Protocol': offer.replace('BEARER', bearer()) });
    expect(status).toBe(101);
    expect(raw.head).toMatch(/^Sec-WebSocket-Protocol: waybill\.v1\r?$/m);
    await raw.until(() => raw.texts.length > 0);
    const said = raw.head + JSON.stringify(raw.texts);
    expect([said.includes(bearer().slice(0, 40)), said.includes(token.slice(0, 30))]).toEqual([false, false]);
  });

  it.each(['BEARER', 'BEARER, other.v1', 'BEARER, BEARER, waybill.v1'])(
    'S7 as subprotocol in %s is refused, not repeated',
    async (offer) => {
      const { status, said } = await attempt('/ws', { 'Sec-WebSocket-Protocol': offer.replaceAll('BEARER', bearer()) });
      expect([status, said.includes(bearer().slice(0, 40))]).toEqual([400, false]);
    },
  );

  it('S7 that is an API key opens no socket, by whatever header', async () => {
    for (const headers of [{ Authorization: `Bearer ${TEST_API_KEY}` }, { 'X-API-Key': TEST_API_KEY }]) {
      const { status, said } = await attempt('/ws', headers);
      expect([status, said.includes(TEST_API_KEY)]).toEqual([401, false]);
    }
  });
});

describe('a socket without a token', () => {
  it('S8 that says nothing ends with 4402 when its time is up', async () => {
    const started = performance.now();
    const { raw } = await attempt('/ws', {});
    expect((await raw.untilClose()).code).toBe(4402);
    expect(performance.now() - started).toBeGreaterThan(AUTH_TIMEOUT_MS * 0.9);
    expect(performance.now() - started).toBeLessThan(AUTH_TIMEOUT_MS + 5_000);
  });

  it('S8 that only pings ends too', async () => {
    const { raw } = await attempt('/ws', {});
    const beat = setInterval(() => raw.send(Buffer.from('8980deadbeef', 'hex')), 100);
    expect((await raw.untilClose()).code).toBe(4402);
    clearInterval(beat);
  });

  it.each([
    ['a publish', { msg_id: 'early', action: 'topic.publish', data: { topic: 'entry.early', data: 1 }, topic: 'entry.early' }],
    ['a subscribe', { action: 'topic.subscribe', data: { topics: [{ topic: 'entry.early' }] } }],
    ['a ping', { action: 'ping' }],
    ['an action of nobody', { action: 'no.such' }],
    ['what is no JSON', '{'],
  ])('S9 that begins with %s ends with 4402, and neither that nor what follows is handled', async (_what, frame) => {
    const { raw } = await attempt('/ws', {});
    raw.send(Buffer.concat([textFrameOf(frame), textFrameOf({ msg_id: 'auth', action: 'auth', data: { token } })]));
    expect((await raw.untilClose()).code).toBe(4402);
    expect(raw.texts.map(({ action }) => action)).toEqual(['sys.closing']);
    const { body } = await gateway.rest('GET', '/api/v1/topics/entry.early/messages');
    expect((body.data as { messages?: unknown[] } | undefined)?.messages ?? []).toEqual([]);
  });
});
