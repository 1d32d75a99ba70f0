import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { AuditTrail } from '../../src/audit/audit-trail.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { OperatorSession } from '../support/operator-session.js';

const ADMIN_PASSWORD = 'the first admin of these tests';
const PASSWORD = 'correct horse battery staple';
const SHOP = 'https://shop.example';
const EVIL = 'https://evil.example';

let gateway: TestGateway;
let admin: OperatorSession;

beforeAll(async () => {
  gateway = await startGateway({
    env: {
      WAYBILL_OPERATOR_PASSWORD: ADMIN_PASSWORD,
      WAYBILL_TRUSTED_PROXIES: '127.0.0.1',
      WAYBILL_ALLOWED_ORIGINS: SHOP,
      WAYBILL_SIGN_INS_PER_ACCOUNT: '12',
      WAYBILL_SIGN_INS_PER_ADDRESS: '9',
    },
  });
  admin = await OperatorSession.of(gateway.port, 'admin', ADMIN_PASSWORD);
});
afterAll(() => gateway.stop());

async function account(name: string, role = 'viewer'): Promise<void> {
  const made = await admin.call('POST', '/api/v1/ops/operators', { name, role, password: PASSWORD });
  expect(made.status).toBe(201);
}

const at = (address: string): OperatorSession => new OperatorSession(gateway.port, address);
const who = (session: OperatorSession) => session.call('GET', '/api/v1/ops/session');

/** The status that an upgrade gets. */
function upgrade(path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, ['waybill.v1'], { headers });
    const end = (status: number): void => {
      resolve(status);
      socket.terminate();
    };
    socket.on('error', () => undefined);
    socket.once('open', () => end(101));
    socket.once('unexpected-response', (_request, response) => end(response.statusCode ?? 0));
  });
}

describe('S3, S4 an upgrade with a cookie', () => {
  it.each([
    ['S3 without Origin', {}, 401],
    ['S4 from an allowed origin', { origin: SHOP }, 401],
    ['S4 to the socket of one topic', { origin: SHOP }, 401],
    ['S4 from a foreign origin', { origin: EVIL }, 403],
  ])('%s does not authenticate', async (name, headers, status) => {
    const path = name.includes('topic') ? '/api/v1/topics/a/messages' : '/ws';
    expect(await upgrade(path, { cookie: `waybill_session=${admin.cookie}`, ...headers })).toBe(status);
  });

  it('S4 beside a token is not looked at', async () => {
    const authorization = `Bearer ${await gateway.token('alice')}`;
    expect(await upgrade('/ws', { cookie: `waybill_session=${admin.cookie}`, authorization })).toBe(101);
  });
});

describe('S53 another site', () => {
  const body = { name: 'planted', role: 'admin', password: PASSWORD };
  it.each([
    ['its own origin', { origin: EVIL }, 'session.own_page'],
    ['its own origin and a stolen token', { origin: EVIL, 'sec-fetch-site': 'cross-site' }, 'session.own_page'],
    ['no origin', { origin: 'null' }, 'session.own_page'],
    ['nothing that tells', { origin: '' }, 'session.own_page'],
    ['a fetch from another host', { origin: '', 'sec-fetch-site': 'cross-site' }, 'session.own_page'],
    ['a fetch from a neighbouring host', { origin: '', 'sec-fetch-site': 'same-site' }, 'session.own_page'],
    ['an own origin that the browser knows to be foreign', { 'sec-fetch-site': 'cross-site' }, 'session.own_page'],
    ['the same host on another port', { origin: 'http://127.0.0.1:1' }, 'session.own_page'],
    ['plain HTTP behind a proxy with TLS', { 'x-forwarded-proto': 'https' }, 'session.own_page'],
    ['no token', { 'x-csrf-token': '' }, 'session.csrf_token'],
    ['a wrong token', { 'x-csrf-token': 'A'.repeat(43) }, 'session.csrf_token'],
    ['an allowed origin without token', { origin: SHOP, 'x-csrf-token': '' }, 'session.csrf_token'],
  ])("S53 with %s changes nothing with the admin's cookie", async (_name, headers, rule) => {
    const answer = await admin.call('POST', '/api/v1/ops/operators', body, headers);
    expect([answer.status, answer.body]).toMatchObject([403, { code: 'PERMISSION_DENIED', rule }]);
    const { body: listed } = await admin.call('GET', '/api/v1/ops/operators');
    expect((listed.data as { items: { name: string }[] }).items.map(({ name }) => name)).not.toContain('planted');
  });

  it("S53 does not read with the admin's cookie, nor sign anybody in", async () => {
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: EVIL }] as readonly Record<string, string>[]) {
      expect((await admin.call('GET', '/api/v1/ops/operators', undefined, headers)).status).toBe(403);
      expect((await at('192.0.2.1').signIn('admin', ADMIN_PASSWORD, { origin: EVIL, ...headers })).status).toBe(403);
    }
  });

  it('S53 is told from the own page, an allowed one and a program', async () => {
    const change = { role: 'viewer' };
    await account('own-page');
    const site = { 'sec-fetch-site': 'same-origin' };
    const good: readonly Record<string, string>[] = [{}, site, { origin: '', ...site }, { origin: SHOP }];
    for (const headers of good) {
      const answer = await admin.call('PATCH', '/api/v1/ops/operators/own-page', change, headers);
      expect([headers, answer.status]).toEqual([headers, 200]);
    }
    expect((await gateway.rest('PATCH', '/api/v1/ops/operators/own-page', change)).status).toBe(200);
    expect((await admin.call('GET', '/api/v1/ops/session', undefined, { 'sec-fetch-site': 'none' })).status).toBe(200);
  });

  it('S53 cannot send the cookie, which no script reads and which is for HTTPS where there is any', async () => {
    expect(admin.setCookie).toMatch(/^waybill_session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
    const behindTls = at('192.0.2.2');
    await behindTls.signIn('admin', ADMIN_PASSWORD, { 'x-forwarded-proto': 'https', origin: `https://127.0.0.1:${gateway.port}` });
    expect(behindTls.setCookie).toMatch(/; Secure$/);
  });

  it('S53 gains nothing from a second cookie of the same name', async () => {
    const doubled = `waybill_session=${admin.cookie}; waybill_session=${'A'.repeat(43)}`;
    expect((await admin.call('GET', '/api/v1/ops/session', undefined, { cookie: doubled })).status).toBe(401);
  });
});

describe('S54 guessing passwords', () => {
  it('S54 twenty wrong sign-ins: five are looked at, the others wait, and the real operator comes in from elsewhere', async () => {
    await account('guessed');
    const attacker = at('198.51.100.1');
    const answers = [];
    for (let attempt = 0; attempt < 20; attempt += 1) answers.push(await attacker.signIn('guessed', `wrong password ${attempt}`));
    expect(answers.map(({ status }) => status)).toEqual([...Array<number>(5).fill(401), ...Array<number>(15).fill(429)]);
    const last = answers.at(-1);
    expect(last?.body).toMatchObject({ code: 'RATE_LIMITED' });
    expect(last?.body.retry_after_ms).toBeGreaterThan(1_000);
    expect(Number(last?.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect((await attacker.signIn('guessed', PASSWORD)).status).toBe(429);
    expect((await at('198.51.100.2').signIn('guessed', PASSWORD)).status).toBe(201);
  });

  it('S54 all at once is no way around it', async () => {
    await account('rushed');
    const tries = Array.from({ length: 8 }, (_, index) => at('198.51.100.3').signIn('rushed', `wrong password ${index}`));
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(3);
  });

  it('S54 one address that tries many accounts is stopped too, and a /64 is one address', async () => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 11; attempt += 1)
      statuses.push((await at(`2001:db8::${attempt + 1}`).signIn(`nobody-${attempt}`, 'wrong password')).status);
    expect(statuses).toEqual([...Array<number>(9).fill(401), 429, 429]);
  });

  it('S54 from everywhere at once does not lock the operator out of where they were before', async () => {
    await account('besieged');
    expect((await at('203.0.113.1').signIn('besieged', PASSWORD)).status).toBe(201);
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 14; attempt += 1)
      statuses.push((await at(`198.51.100.${attempt + 100}`).signIn('besieged', 'wrong password')).status);
    expect(statuses).toEqual([...Array<number>(12).fill(401), 429, 429]);
    expect((await at('203.0.113.2').signIn('besieged', PASSWORD)).status).toBe(429);
    expect((await at('203.0.113.1').signIn('besieged', PASSWORD)).status).toBe(201);
  });

  it('S54 a right password counts for nothing, and clears what was mistyped', async () => {
    await account('clumsy');
    for (let round = 0; round < 2; round += 1) {
      for (let attempt = 0; attempt < 4; attempt += 1) expect((await at('203.0.113.9').signIn('clumsy', 'wrong')).status).toBe(401);
      expect((await at('203.0.113.9').signIn('Clumsy', PASSWORD)).status).toBe(201);
    }
  });

  it('S54 an unknown account, a disabled one and a wrong password have one answer, word for word', async () => {
    await account('sleeping');
    await admin.call('PATCH', '/api/v1/ops/operators/sleeping', { disabled: true });
    const bodies = [
      await at('203.0.113.20').signIn('sleeping', PASSWORD),
      await at('203.0.113.20').signIn('sleeping', 'wrong password'),
      await at('203.0.113.20').signIn('never-was', PASSWORD),
    ].map(({ status, body: { trace_id: _trace, ...body } }) => ({ status, ...body }));
    const one = { status: 401, code: 'UNAUTHENTICATED', message: bodies[0]?.message };
    expect(bodies).toEqual([one, one, one]);
    expect(bodies[0]?.message).not.toContain('sleeping');
  });

  it('S54 is recorded and counted; what was typed as a name only where there is such an account', async () => {
    await account('watched');
    await at('203.0.113.30').signIn('watched', 'wrong password');
    await at('203.0.113.30').signIn('my secret in the wrong field', 'x');
    await at('203.0.113.30').signIn('watched', PASSWORD);
    const { body } = await gateway.rest('GET', '/api/v1/ops/audit?action=session.login&order=oldest&limit=1000');
    const { items } = body.data as { readonly items: readonly { readonly address: string }[] };
    expect(items.filter(({ address }) => address === '203.0.113.30')).toMatchObject([
      { actor: 'anonymous', target: 'watched', result: 'UNAUTHENTICATED', address: '203.0.113.30' },
      { actor: 'anonymous', result: 'UNAUTHENTICATED', address: '203.0.113.30' },
      {
        actor: 'operator:watched',
        target: 'watched',
        result: 'OK',
        address: '203.0.113.30',
        trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    ]);
    expect(JSON.stringify(items)).not.toMatch(/my secret|correct horse|wrong password/);
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).text();
    expect(Number(/waybill_operator_sign_ins_total\{result="wrong"\} (\d+)/.exec(metrics)?.[1])).toBeGreaterThanOrEqual(2);
    expect(metrics).not.toContain('watched');
  });

  it('S54 nobody comes in unrecorded', async () => {
    await account('unrecorded');
    const trail = gateway.gateway.app.get(AuditTrail, { strict: false });
    const away = vi.spyOn(trail, 'record').mockRejectedValue(new Error('the store is away'));
    const session = at('203.0.113.40');
    const answer = await session.signIn('unrecorded', PASSWORD);
    away.mockRestore();
    expect(answer.status).toBe(503);
    expect(session.cookie).toBe('');
  });
});

describe('S54 a session', () => {
  it('S54 is another one after each sign-in, and the one before is over', async () => {
    await account('turning');
    const session = at('203.0.113.50');
    await session.signIn('turning', PASSWORD);
    const first = session.cookie;
    await session.signIn('turning', PASSWORD);
    expect(session.cookie).not.toBe(first);
    expect((await who(session)).status).toBe(200);
    session.cookie = first;
    expect((await who(session)).status).toBe(401);
  });

  it('S54 ends with a sign-out, and the cookie goes', async () => {
    await account('leaving');
    const session = at('203.0.113.51');
    await session.signIn('leaving', PASSWORD);
    const { cookie } = session;
    expect((await session.call('DELETE', '/api/v1/ops/session')).status).toBe(200);
    expect(session.setCookie).toMatch(/^waybill_session=; Path=\/; Max-Age=0;/);
    session.cookie = cookie;
    expect((await who(session)).status).toBe(401);
  });

  it.each([
    ['the role changes', 'PATCH', { role: 'operator' }],
    ['the password is set', 'PATCH', { password: 'another password than before' }],
    ['the account is disabled', 'PATCH', { disabled: true }],
    ['the account is removed', 'DELETE', undefined],
  ])('S54 ends when %s', async (what, method, change) => {
    const name = `ended-${what.replaceAll(' ', '-')}`;
    await account(name);
    const session = at('203.0.113.52');
    await session.signIn(name, PASSWORD);
    expect((await who(session)).body.data).toMatchObject({ name, role: 'viewer' });
    expect((await admin.call(method, `/api/v1/ops/operators/${name}`, change)).status).toBe(200);
    expect((await who(session)).status).toBe(401);
  });

  it('S54 changes its own password, for which it must know the present one', async () => {
    await account('own');
    const [here, there] = [at('203.0.113.53'), at('203.0.113.54')];
    await here.signIn('own', PASSWORD);
    await there.signIn('own', PASSWORD);
    const path = '/api/v1/ops/session/password';
    const next = 'a better password than that';
    expect((await here.call('POST', path, { password: 'not it', new_password: next })).status).toBe(403);
    expect((await here.call('POST', path, { password: PASSWORD, new_password: 'short' })).status).toBe(400);
    expect((await here.call('POST', path, { password: PASSWORD, new_password: next })).status).toBe(200);
    expect([(await who(here)).status, (await who(there)).status]).toEqual([200, 401]);
    expect((await there.signIn('own', PASSWORD)).status).toBe(401);
    expect((await there.signIn('own', next)).status).toBe(201);
  });

  it('S54 opens no live stream and mints no ticket', async () => {
    const stream = await admin.call('GET', '/api/v1/topics/a.b/messages', undefined, { accept: 'text/event-stream' });
    expect([stream.status, stream.body]).toMatchObject([403, { rule: 'session.no_stream' }]);
    expect((await admin.call('POST', '/api/v1/auth/tickets')).status).toBe(403);
  });
});

describe('S51 accounts', () => {
  it('S51 the last admin stays, whatever is tried, and two cannot take each other away', async () => {
    const refused = [
      await admin.call('DELETE', '/api/v1/ops/operators/admin'),
      await admin.call('PATCH', '/api/v1/ops/operators/admin', { role: 'viewer' }),
      await admin.call('PATCH', '/api/v1/ops/operators/admin', { disabled: true }),
    ];
    expect(refused.map(({ status, body }) => `${status} ${body.code}`)).toEqual(['409 CONFLICT', '409 CONFLICT', '409 CONFLICT']);
    await account('second-admin', 'admin');
    const both = await Promise.all(
      ['admin', 'second-admin'].map((name) => gateway.rest('PATCH', `/api/v1/ops/operators/${name}`, { role: 'viewer' })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    // Puts things back for the tests beside this one.
    await gateway.rest('PATCH', '/api/v1/ops/operators/admin', { role: 'admin' });
    await admin.signIn('admin', ADMIN_PASSWORD);
    expect((await admin.call('DELETE', '/api/v1/ops/operators/second-admin')).status).toBe(200);
  });

  it('S51 nobody hands on a role with more rights than they have', async () => {
    const made = await gateway.rest('POST', '/api/v1/auth/keys', { name: 'people', scopes: ['admin', 'ops', 'read'] });
    const authorization = `Bearer ${(made.body.data as { key: string }).key}`;
    const make = (name: string, role: string) =>
      gateway.rest('POST', '/api/v1/ops/operators', { name, role, password: PASSWORD }, { authorization });
    expect([(await make('by-key', 'viewer')).status, (await make('raised', 'operator')).status]).toEqual([201, 403]);
    const taken = await gateway.rest('PATCH', '/api/v1/ops/operators/admin', { password: 'taken over by a key' }, { authorization });
    expect([taken.status, taken.body]).toMatchObject([403, { rule: 'scope.publish' }]);
  });

  it.each([
    ['a name with a capital', { name: 'Bob' }, 'name'],
    ['markup as a name', { name: '<img src=x onerror=alert(1)>' }, 'name'],
    ['an unknown role', { role: 'root' }, 'role'],
    ['a short password', { password: 'short' }, 'password'],
    ['a password of one character', { password: 'a'.repeat(20) }, 'password'],
    ['an unknown member', { is_admin: true }, 'body'],
  ])('S51 %s is refused', async (_name, wrong, field) => {
    const answer = await admin.call('POST', '/api/v1/ops/operators', { name: 'bob', role: 'viewer', password: PASSWORD, ...wrong });
    expect([answer.status, answer.body]).toMatchObject([400, { code: 'BAD_REQUEST', field }]);
  });

  it('S51 a name is taken once', async () => {
    await account('twice');
    const again = await admin.call('POST', '/api/v1/ops/operators', { name: 'twice', role: 'viewer', password: PASSWORD });
    expect([again.status, again.body]).toMatchObject([409, { code: 'CONFLICT', field: 'name' }]);
  });
});
