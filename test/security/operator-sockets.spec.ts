import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WaybillClient, WaybillError } from '@waybill/client';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { OperatorSession } from '../support/operator-session.js';
import { type Frame, TestSocket } from '../support/socket.js';

const ADMIN_PASSWORD = 'the first admin of these tests';
const PASSWORD = 'correct horse battery staple';
const TICKET = '/api/v1/ops/session/ticket';
const OVERVIEW = '$ops.overview';
const EVERYTHING = { topics: { subscribe: ['*'], publish: ['*'] }, users: { send: ['*'] }, broadcast: true, roles: ['admin'] };

interface ConnectionItem {
  readonly user: string;
  readonly kind: string;
  readonly roles: readonly string[];
}

let gateway: TestGateway;
let other: TestGateway;
let admin: OperatorSession;
let accounts = 0;

beforeAll(async () => {
  gateway = await startGateway({ env: { WAYBILL_OPERATOR_PASSWORD: ADMIN_PASSWORD, WAYBILL_NODE_ID: 'node-1' } });
  other = await startGateway({
    database: gateway.database,
    env: { WAYBILL_NODE_ID: 'node-2' },
  });
  admin = await OperatorSession.of(gateway.port, 'admin', ADMIN_PASSWORD);
});
afterAll(async () => {
  await other.stop();
  await gateway.stop();
});

async function operator(role = 'viewer'): Promise<{ readonly name: string; readonly session: OperatorSession }> {
  const name = `watcher-${(accounts += 1)}`;
  expect((await admin.call('POST', '/api/v1/ops/operators', { name, role, password: PASSWORD })).status).toBe(201);
  return { name, session: await OperatorSession.of(gateway.port, name, PASSWORD) };
}

/** The same browser at another node. */
class ElsewhereSession extends OperatorSession {
  constructor(port: number, session: OperatorSession) {
    super(port);
    this.cookie = session.cookie;
    this.csrfToken = session.csrfToken;
  }
}

async function socketOf(session: OperatorSession): Promise<TestSocket> {
  const { origin } = session;
  const path = `/ws?ticket=${await session.ticket()}`;
  const socket = await TestSocket.connect(Number(new URL(origin).port), undefined, { path, headers: { origin } });
  await socket.find(({ action }) => action === 'welcome');
  return socket;
}

const subscribe = async (socket: TestSocket, topic: string): Promise<Frame> => {
  const reply = await socket.request('topic.subscribe', { topics: [{ topic }] });
  return (reply['data'] as { readonly topics: readonly Frame[] }).topics[0] as Frame;
};

describe('S62 a ticket of a session', () => {
  it('S62 opens one socket, as the operator, and no second one', async () => {
    const { name, session } = await operator();
    const ticket = await session.ticket();
    const socket = await TestSocket.connect(gateway.port, undefined, { path: `/ws?ticket=${ticket}` });
    const { data } = await socket.find(({ action }) => action === 'welcome');
    expect(data).toMatchObject({ user: `operator:${name}`, roles: ['viewer'], server_topics: [] });
    await expect(TestSocket.connect(gateway.port, undefined, { path: `/ws?ticket=${ticket}` })).rejects.toThrow('401');
    const { body } = await admin.call('GET', `/api/v1/ops/connections?user=operator:${name}`);
    expect((body.data as { items: readonly ConnectionItem[] }).items).toMatchObject([
      { user: `operator:${name}`, kind: 'operator', roles: ['viewer'], topics: [] },
    ]);
    await socket.close();
  });

  it('S62 is for operators who signed in, from their own page', async () => {
    const { session } = await operator();
    expect((await session.call('POST', TICKET, undefined, { 'x-csrf-token': '' })).body).toMatchObject({ rule: 'session.csrf_token' });
    expect((await session.call('POST', TICKET, undefined, { origin: 'https://evil.example' })).body).toMatchObject({
      rule: 'session.own_page',
    });
    expect((await gateway.rest('POST', TICKET)).body).toMatchObject({ code: 'PERMISSION_DENIED', rule: 'route.operators' });
    const authorization = `Bearer ${await gateway.token('mallory', EVERYTHING)}`;
    expect((await gateway.rest('POST', TICKET, undefined, { authorization })).body).toMatchObject({ rule: 'route.users' });
  });

  it('S62 is worth nothing once its session is over', async () => {
    const { session } = await operator();
    const ticket = await session.ticket();
    await session.call('DELETE', '/api/v1/ops/session');
    await expect(TestSocket.connect(gateway.port, undefined, { path: `/ws?ticket=${ticket}` })).rejects.toThrow('401');
  });

  it('S62 is not in the audit trail, which is for changes', async () => {
    const { session } = await operator();
    await session.ticket();
    const { body } = await admin.call('GET', '/api/v1/ops/audit?limit=100');
    expect(JSON.stringify(body.data)).not.toContain('ticket');
  });
});

describe('S62 the socket of an operator', () => {
  it.each(['viewer', 'admin'])('S62 of the role %s reads the topics of operators and nothing of users', async (role) => {
    const { session } = await operator(role);
    const socket = await socketOf(session);
    expect(await subscribe(socket, OVERVIEW)).toMatchObject({ topic: OVERVIEW, head: expect.any(Number) as number });
    expect(await subscribe(socket, '$probe.0123456789ab')).toMatchObject({ epoch: expect.any(String) as string });
    for (const topic of ['chat.lobby', '$all', '$user.alice', '$canary.node-1']) {
      expect([topic, (await subscribe(socket, topic))['code']]).toEqual([topic, 'PERMISSION_DENIED']);
      for (const action of ['topic.history', 'topic.presence'])
        expect([topic, action, (await socket.request(action, { topic }))['code']]).toEqual([topic, action, 'PERMISSION_DENIED']);
    }
    await socket.close();
  });

  it.each(['operator', 'admin'])('S62 of the role %s publishes nothing', async (role) => {
    const { session } = await operator(role);
    const socket = await socketOf(session);
    for (const topic of ['chat.lobby', '$all', OVERVIEW, '$probe.0123456789ab'])
      expect([topic, (await socket.request('topic.publish', { topic, data: 1 }))['code']]).toEqual([topic, 'PERMISSION_DENIED']);
    expect(await socket.request('user.send', { user: 'alice', data: 1 })).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await socket.request('auth.refresh', { token: await gateway.token('alice') })).toMatchObject({ code: 'PERMISSION_DENIED' });
    await socket.close();
  });

  it('S62 is nobody else’s: no token reads what it reads', async () => {
    const socket = await TestSocket.connect(gateway.port, await gateway.token('mallory', EVERYTHING));
    expect(await subscribe(socket, OVERVIEW)).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await socket.request('topic.publish', { topic: OVERVIEW, data: 1 })).toMatchObject({ code: 'PERMISSION_DENIED' });
    await socket.close();
    const answer = await gateway.rest('POST', '/api/v1/auth/tokens', { user: 'operator:admin' });
    expect([answer.status, answer.body.field]).toEqual([400, 'user']);
  });
});

describe('S62 the socket of an operator ends', () => {
  const endings: Readonly<Record<string, (name: string, session: OperatorSession) => Promise<unknown>>> = {
    'signs out': (_name, session) => session.call('DELETE', '/api/v1/ops/session'),
    'changes the password': (_name, session) =>
      session.call('POST', '/api/v1/ops/session/password', { password: PASSWORD, new_password: 'another horse battery staple' }),
    'gets another role': (name) => admin.call('PATCH', `/api/v1/ops/operators/${name}`, { role: 'operator' }),
    'is disabled': (name) => admin.call('PATCH', `/api/v1/ops/operators/${name}`, { disabled: true }),
    'is removed': (name) => admin.call('DELETE', `/api/v1/ops/operators/${name}`),
  };

  it.each(Object.entries(endings))('S62 when the operator %s, on this node and on the others', async (_what, end) => {
    const { name, session } = await operator();
    const [here, there] = [await socketOf(session), await socketOf(new ElsewhereSession(other.port, session))];
    const answer = (await end(name, session)) as { readonly status: number };
    expect(answer.status).toBe(200);
    expect(await here.closed).toEqual({ code: 4401, reason: 'the session of this operator is over' });
    expect(await there.closed).toEqual({ code: 4401, reason: 'the session of this operator is over' });
  });

  it.each([
    ['has not been used for too long', 'WAYBILL_OPERATOR_SESSION_IDLE_S'],
    ['is as old as it may become', 'WAYBILL_OPERATOR_SESSION_MAX_S'],
  ])('S62 when the session %s, however busy the socket is', async (_what, option) => {
    const strict = await startGateway({
      env: { WAYBILL_OPERATOR_PASSWORD: ADMIN_PASSWORD, WAYBILL_NODE_ID: 'node-3', [option]: '3' },
    });
    try {
      const session = await OperatorSession.of(strict.port, 'admin', ADMIN_PASSWORD);
      const socket = await socketOf(session);
      const opened = Date.now();
      const talking = setInterval(() => socket.send({ action: 'ping' }), 200);
      expect((await socket.closed).code).toBe(4401);
      clearInterval(talking);
      expect(Date.now() - opened).toBeGreaterThan(1_500);
      await expect(session.ticket()).rejects.toThrow('UNAUTHENTICATED');
    } finally {
      await strict.stop();
    }
  });
});

describe('S62 the client with tickets', () => {
  it('S62 comes back with another ticket, and ends with the session', async () => {
    const { session } = await operator();
    let tickets = 0;
    const client = new WaybillClient(session.origin, {
      token: {
        ticket: async () => {
          const answer = await session.call('POST', TICKET);
          if (answer.status !== 201) throw new WaybillError('UNAUTHENTICATED', answer.body.message);
          tickets += 1;
          return (answer.body.data as { readonly ticket: string }).ticket;
        },
      },
      backoff: { minDelayMs: 5, maxDelayMs: 10 },
    });
    const first = await client.connect();
    await client.subscribe(OVERVIEW).ready();
    const again = new Promise((resolve) => client.on('connected', resolve));
    await admin.call('DELETE', `/api/v1/ops/connections/${first.connectionId}`);
    expect(await again).toMatchObject({ reconnected: true });
    expect(tickets).toBe(2);
    const ended = new Promise<WaybillError>((resolve) => client.on('closed', resolve));
    await session.call('DELETE', '/api/v1/ops/session');
    expect((await ended).code).toBe('UNAUTHENTICATED');
  });
});
