import { createSecretKey, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Authenticator } from '../../src/auth/authenticator.js';
import { Log } from '../../src/monitoring/logging/log.js';
import { EventReader } from '../support/event-reader.js';
import { startGateway, TEST_JWT_SECRET, type TestGateway } from '../support/gateway.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { TestSocket } from '../support/socket.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { signToken } from '../support/tokens.js';
import { attemptUpgrade, attemptWith } from '../support/upgrade-attempt.js';

const POLL_MS = 300;
const WITHIN_MS = 2_000;
const now = (): number => Math.floor(Date.now() / 1_000);

let database: TestDatabase;
let proxy: TcpProxy;
/** Two nodes on one database, and one that reaches it by a way that can be cut. */
let here: TestGateway;
let there: TestGateway;
let remote: TestGateway;
let administrator: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  proxy = await TcpProxy.before(database.url);
  const env = { WAYBILL_REVOCATION_POLL_MS: String(POLL_MS), WAYBILL_REFRESH_GRACE_S: '1' };
  here = await startGateway({ database, env });
  there = await startGateway({ database, env });
  remote = await startGateway({ database: { ...database, url: proxy.through(database.url) }, env });
  administrator = new pg.Client({ connectionString: database.url });
  await administrator.connect();
});
afterAll(async () => {
  await administrator.end();
  for (const gateway of [here, there, remote]) await gateway.stop();
  await proxy.close();
  await database.drop();
});

/** A token that was issued a while ago, so that what is revoked now is about it. */
function tokenOf(user: string, claims: object = {}): Promise<string> {
  return signToken({
    key: createSecretKey(Buffer.from(TEST_JWT_SECRET)),
    claims: { sub: user, iat: now() - 30, exp: now() + 600, jti: randomUUID(), topics: { subscribe: ['*'] }, ...claims },
  });
}

const revoke = (body: object, gateway = here) => gateway.rest('POST', '/api/v1/auth/revocations', body);
const statusOf = async (gateway: TestGateway, token: string): Promise<number> => (await attemptWith(gateway.port, token)).status;

describe('S18 a user with three open sockets', () => {
  it('S18 loses all of them on three nodes within 2 s, and is refused everywhere, with the reason in the log', async () => {
    const token = await tokenOf('alice');
    const nodes = [here, there, remote];
    const sockets = await Promise.all(nodes.map(({ port }) => TestSocket.connect(port, token)));
    const others = await Promise.all(nodes.map(async ({ port }) => TestSocket.connect(port, await tokenOf('bob'))));
    const logged = vi.spyOn(Log.prototype, 'write');
    const began = Date.now();
    const answer = await revoke({ user: 'alice', reason: 'lost phone' });
    expect(answer.status).toBe(201);
    expect(answer.body.data).toMatchObject({ kind: 'user', user: 'alice', reason: 'lost phone', created_by: 'key:bootstrap' });
    const closes = await Promise.all(sockets.map(({ closed }) => closed));
    expect(Date.now() - began).toBeLessThan(WITHIN_MS);
    expect(closes).toEqual(nodes.map(() => ({ code: 4503, reason: 'the tokens of this user were revoked' })));
    for (const { frames } of sockets) expect(frames.at(-1)).toMatchObject({ action: 'sys.closing', data: { code: 4503 } });
    for (const gateway of nodes) {
      const tried = await attemptWith(gateway.port, token);
      expect([tried.status, tried.code]).toEqual([401, 'UNAUTHENTICATED']);
      expect(tried.text).toMatch(/tokens of this user issued before .* were revoked; sign in again/);
      expect(tried.text).not.toContain('lost phone');
    }
    const lines = logged.mock.calls.map(([, fields, text]) => `${JSON.stringify(fields)} ${text}`).join('\n');
    logged.mockRestore();
    expect(lines).toMatch(
      /revocation\.applied.*"closed":1.*tokens of user alice issued before .* were revoked by key:bootstrap, because: lost phone/,
    );
    expect(lines).toMatch(/A token of user alice was refused: the tokens of user alice issued before .* because: lost phone/);
    for (const socket of others) expect((await socket.request('ping', {}))['code']).toBe('OK');
    await Promise.all(others.map((socket) => socket.close()));
    const metrics = await (await fetch(`http://127.0.0.1:${here.opsPort}/metrics`)).text();
    expect(metrics).toMatch(/waybill_revocations\{kind="user"\} 1\n/);
    expect(metrics).toMatch(/waybill_revoked_refused_total\{kind="user"\} 1\n/);
    expect(metrics).toMatch(/waybill_connections_closed_total\{initiator="server",reason="revoked or forbidden"\} 1\n/);
  });

  it('S18 comes back with a token that was issued after', async () => {
    expect(await statusOf(here, await tokenOf('alice', { iat: now() + 1 }))).toBe(101);
  });

  it('S18 does not come back by a ticket, a refresh, a stream or a frame', async () => {
    const token = await tokenOf('carol');
    const headers = { authorization: `Bearer ${token}` };
    const { ticket } = (await here.rest('POST', '/api/v1/auth/tickets', undefined, headers)).body.data as { ticket: string };
    const stream = await EventReader.open(`http://127.0.0.1:${here.port}/api/v1/topics/chat.room/messages`, headers);
    await stream.take(1);
    const waiting = await TestSocket.connect(here.port, undefined);
    await revoke({ user: 'carol' });
    const closing = (await stream.rest()).at(-1);
    expect(closing).toMatchObject({ event: 'sys.closing' });
    expect(JSON.parse(closing?.data ?? '')).toMatchObject({ code: 4503, reason: 'the tokens of this user were revoked' });
    expect((await attemptUpgrade(here.port, `/ws?ticket=${ticket}`, ['waybill.v1'])).status).toBe(401);
    expect((await here.rest('POST', '/api/v1/auth/refresh', undefined, headers)).status).toBe(401);
    expect(
      (await here.rest('GET', '/api/v1/topics/chat.room/messages', undefined, { ...headers, accept: 'text/event-stream' })).status,
    ).toBe(401);
    expect((await waiting.request('auth', { token }))['code']).toBe('UNAUTHENTICATED');
    expect((await waiting.closed).code).toBe(4503);
  });
});

describe('S18 a revocation between the check of a token and the opening of its connection', () => {
  it.each([
    [
      'a socket',
      async (token: string) => (await TestSocket.connect(here.port, undefined, { headers: { authorization: `Bearer ${token}` } })).closed,
    ],
    [
      'an event stream',
      async (token: string) => {
        const reader = await EventReader.open(`http://127.0.0.1:${here.port}/api/v1/topics/chat.room/messages`, {
          authorization: `Bearer ${token}`,
        });
        return JSON.parse((await reader.rest()).at(-1)?.data ?? '{}') as object;
      },
    ],
  ])('S18 closes %s that opens after all', async (_name, open) => {
    const authenticator = here.gateway.app.get(Authenticator, { strict: false });
    const authenticate = authenticator.authenticate.bind(authenticator);
    const user = `late-${randomUUID()}`;
    const spy = vi.spyOn(authenticator, 'authenticate').mockImplementationOnce(async (credentials) => {
      const principal = await authenticate(credentials);
      await revoke({ user });
      return principal;
    });
    expect(await open(await tokenOf(user))).toMatchObject({ code: 4503 });
    spy.mockRestore();
  });
});

describe('S18 one token', () => {
  it.each([
    ['its id', (jti: string) => ({ token_id: jti })],
    ['itself', (_jti: string, token: string) => ({ token })],
  ])('S18 is revoked by %s, and the others of its user are not', async (_name, bodyOf) => {
    const jti = randomUUID();
    const token = await tokenOf('dave', { jti });
    const [socket, other] = [await TestSocket.connect(there.port, token), await TestSocket.connect(there.port, await tokenOf('dave'))];
    const answer = await revoke(bodyOf(jti, token));
    expect(answer.body.data).toMatchObject({ kind: 'token', token_id: jti });
    expect(JSON.stringify(answer.body)).not.toContain(token);
    expect(await socket.closed).toEqual({ code: 4503, reason: 'this token was revoked' });
    expect([await statusOf(here, token), await statusOf(there, token)]).toEqual([401, 401]);
    expect((await other.request('ping', {}))['code']).toBe('OK');
    await other.close();
  });

  it('S18 without an id, and one that is no token, cannot be', async () => {
    for (const token of [await tokenOf('dave', { jti: undefined }), 'nonsense', await tokenOf('dave', { exp: 1, iat: 0 })]) {
      const { status, body } = await revoke({ token });
      expect([status, body.field]).toEqual([400, 'token']);
      expect(body.message).not.toContain(token);
    }
  });
});

describe('S18 by the time of issue', () => {
  it('S18 ends the tokens of everybody that are older, and those that do not say how old they are', async () => {
    const cases = [
      ['older', await tokenOf('erin', { iat: now() - 500 }), 401],
      ['without iat', await tokenOf('erin', { iat: undefined }), 401],
      ['younger', await tokenOf('erin', { iat: now() - 300 }), 101],
    ] as const;
    const answer = await revoke({ issued_before: (now() - 400) * 1_000 });
    const { id } = answer.body.data as { id: string };
    expect(await Promise.all(cases.map(([, token]) => statusOf(here, token)))).toEqual(cases.map(([, , status]) => status));
    expect((await here.rest('DELETE', `/api/v1/auth/revocations/${id}`)).status).toBe(200);
    expect((await here.rest('DELETE', `/api/v1/auth/revocations/${id}`)).status).toBe(404);
    expect(await Promise.all(cases.map(([, token]) => statusOf(here, token)))).toEqual([101, 101, 101]);
    // Taken back elsewhere too.
    await vi.waitFor(async () => expect(await statusOf(there, cases[0][1])).toBe(101), { timeout: 5_000, interval: 100 });
  });

  it('S18 leaves API keys alone', async () => {
    const { id } = (await revoke({ issued_before: Date.now() })).body.data as { id: string };
    expect((await here.rest('GET', '/api/v1/auth/check')).status).toBe(200);
    await here.rest('DELETE', `/api/v1/auth/revocations/${id}`);
    const token = await tokenOf('erin');
    for (const gateway of [there, remote])
      await vi.waitFor(async () => expect(await statusOf(gateway, token)).toBe(101), { timeout: 5_000, interval: 100 });
  });
});

describe('S18 a blocked user', () => {
  it('S18 is closed out whatever token they bring, until the block is taken back', async () => {
    const token = await tokenOf('frank');
    const sockets = await Promise.all([here, there, remote].map(({ port }) => TestSocket.connect(port, token)));
    const answer = await here.rest('POST', '/api/v1/auth/blocks', { user: 'frank', reason: 'spam', ttl_s: 600 });
    expect(answer.status).toBe(201);
    for (const { closed } of sockets) expect(await closed).toEqual({ code: 4503, reason: 'this user is blocked' });
    const fresh = await tokenOf('frank', { iat: now() + 5 });
    for (const gateway of [here, there, remote]) {
      const tried = await attemptWith(gateway.port, fresh);
      expect([tried.status, tried.code]).toEqual([403, 'PERMISSION_DENIED']);
      expect(tried.text).toMatch(/This user is blocked until 20/);
    }
    const waiting = await TestSocket.connect(here.port, undefined);
    expect((await waiting.request('auth', { token: fresh }))['code']).toBe('PERMISSION_DENIED');
    expect((await waiting.closed).code).toBe(4503);
    const { items } = (await here.rest('GET', '/api/v1/auth/blocks?user=frank')).body.data as { items: readonly object[] };
    expect(items).toMatchObject([{ user: 'frank', reason: 'spam', created_by: 'key:bootstrap' }]);
    expect((await here.rest('DELETE', '/api/v1/auth/blocks/frank')).status).toBe(200);
    expect((await here.rest('DELETE', '/api/v1/auth/blocks/frank')).status).toBe(404);
    expect(await statusOf(here, fresh)).toBe(101);
  });

  it('S18 comes back when the block ends by itself, and can be blocked again', async () => {
    const token = await tokenOf('grace');
    await here.rest('POST', '/api/v1/auth/blocks', { user: 'grace', ttl_s: 1 });
    expect(await statusOf(here, token)).toBe(403);
    await vi.waitFor(async () => expect(await statusOf(here, token)).toBe(101), { timeout: 5_000, interval: 100 });
    expect((await here.rest('POST', '/api/v1/auth/blocks', { user: 'grace' })).status).toBe(201);
    expect((await here.rest('POST', '/api/v1/auth/blocks', { user: 'grace', reason: 'again' })).status).toBe(201);
    expect(((await here.rest('GET', '/api/v1/auth/blocks?user=grace')).body.data as { items: readonly object[] }).items).toHaveLength(1);
    expect(await statusOf(here, token)).toBe(403);
  });
});

describe('S18 without the database', () => {
  it('S18 what a node has learnt holds; what it missed it learns when the database is back', async () => {
    const [known, missed] = [await tokenOf('heidi'), await tokenOf('ivan')];
    await revoke({ user: 'heidi' });
    await vi.waitFor(async () => expect(await statusOf(remote, known)).toBe(401), { timeout: 5_000, interval: 50 });
    const socket = await TestSocket.connect(remote.port, missed);
    proxy.cut();
    await revoke({ user: 'ivan' });
    expect([await statusOf(remote, known), await statusOf(here, missed)]).toEqual([401, 401]);
    const attempt = await remote.rest('POST', '/api/v1/auth/revocations', { user: 'ivan' });
    expect([attempt.status, attempt.body.code]).toEqual([503, 'UNAVAILABLE']);
    expect(attempt.body.message).toMatch(/the database (?:that keeps it is away|does not answer)/);
    proxy.restore();
    expect((await socket.closed).code).toBe(4503);
    expect(await statusOf(remote, missed)).toBe(401);
  });

  it('S18 a node that starts knows them before it lets anybody in', async () => {
    const late = await startGateway({ database });
    try {
      expect(await statusOf(late, await tokenOf('heidi'))).toBe(401);
      expect(await statusOf(late, await tokenOf('grace'))).toBe(403);
    } finally {
      await late.stop();
    }
  });

  it('S18 a table that came back from a backup is read anew', async () => {
    const token = await tokenOf('judy');
    await revoke({ user: 'judy' });
    await vi.waitFor(async () => expect(await statusOf(there, token)).toBe(401), { timeout: 5_000, interval: 50 });
    await administrator.query(`delete from waybill.revocation where subject = 'judy'`);
    await vi.waitFor(async () => expect(await statusOf(there, token)).toBe(101), { timeout: 5_000, interval: 50 });
  });
});

describe('S18 a token that was renewed', () => {
  it('S18 opens nothing after its grace, is reported when it is used, and its open sockets go on', async () => {
    const token = await here.token('mallory');
    const socket = await TestSocket.connect(here.port, token);
    const headers = { authorization: `Bearer ${token}` };
    const renewed = await here.rest('POST', '/api/v1/auth/refresh', undefined, headers);
    const { token: next } = renewed.body.data as { token: string };
    expect(await statusOf(here, token)).toBe(101);
    // Another tab that renews at the same moment is within the grace too.
    expect((await here.rest('POST', '/api/v1/auth/refresh', undefined, headers)).status).toBe(201);
    const logged = vi.spyOn(Log.prototype, 'write');
    for (const gateway of [here, there])
      await vi.waitFor(async () => expect(await statusOf(gateway, token)).toBe(401), { timeout: 5_000, interval: 100 });
    expect(logged.mock.calls.map(([level, , text]) => `${level} ${text}`)).toContainEqual(
      expect.stringMatching(/^warn A token of user mallory was refused: the token .* was renewed and is used again/),
    );
    logged.mockRestore();
    expect((await here.rest('POST', '/api/v1/auth/refresh', undefined, headers)).body.code).toBe('UNAUTHENTICATED');
    expect(await statusOf(here, next)).toBe(101);
    // Another rule has every open connection looked at again.
    await revoke({ user: 'nobody' });
    expect((await socket.request('ping', {}))['code']).toBe('OK');
    await socket.close();
    const listed = (await here.rest('GET', '/api/v1/auth/revocations?kind=renewed')).body.data as { items: readonly object[] };
    expect(listed.items).toHaveLength(2);
  });

  it('S18 leaves no rule behind where it is about to expire anyhow', async () => {
    const usual = await startGateway({ database });
    const headers = { authorization: `Bearer ${await tokenOf('niaj', { exp: now() + 20 })}` };
    expect((await usual.rest('POST', '/api/v1/auth/refresh', undefined, headers)).status).toBe(201);
    await usual.stop();
    const { rows } = await administrator.query(`select count(*)::int as count from waybill.revocation where created_by = 'niaj'`);
    expect(rows).toEqual([{ count: 0 }]);
  });
});

describe('S18 the routes', () => {
  it.each([
    [{}, /must name one of/],
    [{ user: 'a', token_id: 'b' }, /must name one of/],
    [{ token_id: 'b', issued_before: 1 }, /issued_before/],
    [{ issued_before: Date.now() + 3_600_000 }, /future/],
    [{ issued_before: 1 }, /so far back/],
    [{ user: 'key:bootstrap' }, /user/],
    [{ user: 'a', why: 'x' }, /unknown member/],
    [{ user: 'a', reason: 'x'.repeat(501) }, /reason/],
  ])('S18 refuse %j', async (body, problem) => {
    const answer = await revoke(body);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toMatch(problem);
  });

  it('S18 are closed to users and to keys without the scope', async () => {
    const key = (await here.rest('POST', '/api/v1/auth/keys', { name: `narrow-${randomUUID()}`, scopes: ['tokens'] })).body.data as {
      key: string;
    };
    for (const credential of [await here.token('oscar'), key.key])
      for (const path of ['revocations', 'blocks'])
        for (const [method, body] of [
          ['GET', undefined],
          ['POST', { user: 'peggy' }],
        ] as const)
          expect((await here.rest(method, `/api/v1/auth/${path}`, body, { authorization: `Bearer ${credential}` })).status).toBe(403);
    expect(await statusOf(here, await tokenOf('peggy'))).toBe(101);
  });

  it('S18 list what is in force, page by page', async () => {
    for (let index = 0; index < 3; index += 1) await revoke({ user: 'quentin', reason: String(index) });
    const first = (await here.rest('GET', '/api/v1/auth/revocations?user=quentin&limit=2')).body.data as unknown as Page;
    const second = (await here.rest('GET', `/api/v1/auth/revocations?user=quentin&limit=2&cursor=${first.next}`)).body
      .data as unknown as Page;
    expect([...first.items, ...second.items].map(({ reason }) => reason)).toEqual(['2', '1', '0']);
    expect(second.next).toBeUndefined();
  });
});

interface Page {
  readonly items: readonly { readonly reason: string }[];
  readonly next?: string;
}
