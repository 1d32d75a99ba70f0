import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Config } from '../../src/config/config.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import type { TestGateway } from '../support/gateway.js';
import { OperatorSession } from '../support/operator-session.js';
import { TestSocket } from '../support/socket.js';

/** What an order may take to hold everywhere, by the word of docs/control.md. */
const WITH_REDIS_MS = 2_000;
const WITHOUT_REDIS_MS = 30_000;

/** Looks so rare that only what Redis brings can be in time. */
const RARE = {
  WAYBILL_REVOCATION_POLL_MS: '30000',
  WAYBILL_SETTINGS_POLL_MS: '60000',
  WAYBILL_LEDGER_CHECKPOINT_MS: '600000',
  WAYBILL_ORDER_POLL_MS: '25000',
};
/** And such that a test can wait for. */
const OFTEN = {
  WAYBILL_REVOCATION_POLL_MS: '200',
  WAYBILL_SETTINGS_POLL_MS: '200',
  WAYBILL_LEDGER_CHECKPOINT_MS: '300',
  WAYBILL_ORDER_POLL_MS: '200',
};
const PASSWORD = 'correct horse battery staple';

let cluster: TestCluster;
let one: TestGateway;
let two: TestGateway;

async function start(env: Readonly<Record<string, string>>): Promise<void> {
  cluster = await startCluster(2, { env: { WAYBILL_OPERATOR_PASSWORD: PASSWORD, ...env } });
  [one, two] = cluster.nodes as [TestGateway, TestGateway];
}

async function keyOf(gateway: TestGateway): Promise<{ readonly id: string; readonly key: string }> {
  const made = await gateway.rest('POST', '/api/v1/auth/keys', { name: `key-${Math.random()}`, scopes: ['ops'] });
  expect(made.status).toBe(201);
  return made.body.data;
}

const asked = async (gateway: TestGateway, key: string): Promise<number> =>
  (await gateway.rest('GET', '/api/v1/ops/summary', undefined, { authorization: `Bearer ${key}` })).status;
const levelOf = async (gateway: TestGateway): Promise<unknown> => {
  const { items } = (await gateway.rest('GET', '/api/v1/ops/settings')).body.data as {
    readonly items: readonly { readonly path: string; readonly value: unknown }[];
  };
  return items.find(({ path }) => path === 'server.logLevel')?.value;
};

/** Each is ordered at the first node and felt at the second; answers how long that took. */
const ORDERS: Readonly<Record<string, () => Promise<number>>> = {
  'a revoked token': async () => {
    const socket = await TestSocket.connect(two.port, await two.token('revoked'));
    const began = performance.now();
    expect((await one.rest('POST', '/api/v1/auth/revocations', { user: 'revoked' })).status).toBe(201);
    expect((await socket.closed).code).toBe(4503);
    return performance.now() - began;
  },
  'a blocked user, and one who is let in again': async () => {
    const token = await two.token('blocked');
    const socket = await TestSocket.connect(two.port, token);
    const began = performance.now();
    expect((await one.rest('POST', '/api/v1/auth/blocks', { user: 'blocked' })).status).toBe(201);
    expect((await socket.closed).code).toBe(4503);
    expect((await one.rest('DELETE', '/api/v1/auth/blocks/blocked')).status).toBe(200);
    await expect
      .poll(async () => (await two.rest('GET', '/api/v1/auth/check', undefined, { authorization: `Bearer ${token}` })).status, WAIT)
      .toBe(200);
    return (performance.now() - began) / 2;
  },
  'a setting: the level of the log': async () => {
    const began = performance.now();
    const level = (await levelOf(two)) === 'error' ? 'fatal' : 'error';
    expect((await one.rest('PATCH', '/api/v1/ops/settings', { set: { 'server.logLevel': level } })).status).toBe(200);
    await expect.poll(() => levelOf(two), WAIT).toBe(level);
    return performance.now() - began;
  },
  "an operator's session that ends": async () => {
    const session = await OperatorSession.of(one.port, 'admin', PASSWORD);
    const elsewhere = new OperatorSession(two.port);
    elsewhere.cookie = session.cookie;
    expect((await elsewhere.call('GET', '/api/v1/ops/summary')).status).toBe(200);
    const socket = await TestSocket.connect(two.port, undefined, { path: `/ws?ticket=${await ticketAt(elsewhere, session)}` });
    await socket.find((frame) => frame['action'] === 'welcome');
    const began = performance.now();
    expect((await session.call('DELETE', '/api/v1/ops/session')).status).toBe(200);
    await expect.poll(async () => (await elsewhere.call('GET', '/api/v1/ops/summary')).status, WAIT).toBe(401);
    expect((await socket.closed).code).toBe(4401);
    return performance.now() - began;
  },
  'one connection that is closed': async () => {
    const socket = await TestSocket.connect(two.port, await two.token('one'));
    const id = (await socket.find((frame) => frame['action'] === 'welcome'))['data'] as { readonly connection_id: string };
    const began = performance.now();
    const answer = await one.rest('DELETE', `/api/v1/ops/connections/${id.connection_id}?reason=bye`);
    expect([200, 202]).toContain(answer.status);
    expect(await socket.closed).toEqual({ code: 4400, reason: 'bye' });
    return performance.now() - began;
  },
  'many connections that are closed': async () => {
    const sockets = await Promise.all([one, two, two].map(async (node) => TestSocket.connect(node.port, await node.token('many'))));
    const began = performance.now();
    const post = async (body: object) => one.rest('POST', '/api/v1/ops/disconnects', { filter: { user: 'many' }, rate_per_s: 50, ...body });
    const { count } = (await post({ preview: true })).body.data as { readonly count: number };
    const begun = await post({ confirm: count });
    expect([begun.status, begun.body]).toMatchObject([202, { data: { matched: count } }]);
    expect((await Promise.all(sockets.map(({ closed }) => closed))).map(({ code }) => code)).toEqual([4400, 4400, 4400]);
    return performance.now() - began;
  },
  'a user who is erased': async () => {
    const socket = await TestSocket.connect(two.port, await two.token('erased'));
    const began = performance.now();
    const [answer, closed] = await Promise.all([one.rest('POST', '/api/v1/ops/erasures', { user: 'erased' }), socket.closed]);
    expect([answer.status, closed.code]).toEqual([200, 4400]);
    return performance.now() - began;
  },
};
const WAIT = { timeout: WITHOUT_REDIS_MS, interval: 20 };

async function ticketAt(elsewhere: OperatorSession, { csrfToken }: OperatorSession): Promise<string> {
  elsewhere.csrfToken = csrfToken;
  return elsewhere.ticket();
}

describe('orders to every node', () => {
  beforeAll(() => start(RARE));
  afterAll(() => cluster.stop());

  it.each(Object.keys(ORDERS))('hold everywhere within two seconds: %s', async (order) => {
    expect(await ORDERS[order]?.()).toBeLessThan(WITH_REDIS_MS);
  });

  it('have one count, one pace, one progress and one end over all nodes', async () => {
    const sockets = await Promise.all(
      [one, one, two, two, two, two].map(async (node) => TestSocket.connect(node.port, await node.token('paced'))),
    );
    const post = async (at: TestGateway, body: object) =>
      at.rest('POST', '/api/v1/ops/disconnects', { filter: { user: 'paced' }, ...body });
    const progress = async (at: TestGateway, id: string) => (await at.rest('GET', `/api/v1/ops/disconnects/${id}`)).body.data as object;
    for (const node of [one, two])
      expect((await post(node, { preview: true })).body.data).toMatchObject({
        count: 6,
        nodes: [
          { node: 'node-1', count: 2 },
          { node: 'node-2', count: 4 },
        ],
        missing: [],
      });
    const begun = await post(two, { confirm: 6, rate_per_s: 1 });
    const { id } = begun.body.data as { readonly id: string };
    expect(begun).toMatchObject({ status: 202, body: { data: { state: 'running', matched: 6 } } });
    expect(await post(one, { confirm: 6 })).toMatchObject({ status: 409, body: { message: expect.stringContaining(id) as string } });
    await expect.poll(() => progress(one, id)).toMatchObject({ state: 'running', matched: 6, nodes: [{ matched: 2 }, { matched: 4 }] });
    expect((await one.rest('DELETE', `/api/v1/ops/disconnects/${id}`)).status).toBe(200);
    for (const node of [one, two]) await expect.poll(() => progress(node, id)).toMatchObject({ state: 'stopped', missing: [] });
    const { closed, left } = (await progress(one, id)) as { readonly closed: number; readonly left: number };
    expect([closed + left, left > 0]).toEqual([6, true]);
    expect(sockets.filter(({ socket }) => socket.readyState === 1)).toHaveLength(left);
    await Promise.all(sockets.map((socket) => socket.close()));
    const { items } = (await one.rest('GET', '/api/v1/ops/disconnects')).body.data as {
      readonly items: readonly { readonly id: string }[];
    };
    expect(items[0]?.id).toBe(id);
    const ended = async () => {
      const { items: audited } = (await one.rest('GET', '/api/v1/ops/audit?limit=20')).body.data as {
        readonly items: readonly { readonly action: string; readonly target: string; readonly after?: object }[];
      };
      return audited.filter(({ action, target }) => action === 'connections.disconnect.end' && target === id);
    };
    await expect.poll(ended).toMatchObject([{ after: { state: 'stopped', closed, left } }]);
  });

  it('hold everywhere within two seconds: an API key that is revoked', async () => {
    const { id, key } = await keyOf(one);
    expect(await asked(two, key)).toBe(200);
    const began = performance.now();
    expect((await one.rest('DELETE', `/api/v1/auth/keys/${id}`)).status).toBe(200);
    await expect.poll(() => asked(two, key), WAIT).toBe(401);
    expect(performance.now() - began).toBeLessThan(WITH_REDIS_MS);
  });
});

describe('orders to every node while Redis is away', () => {
  beforeAll(async () => {
    await start(OFTEN);
    await cluster.redis.stop();
  });
  afterAll(() => cluster.stop());

  it.each(Object.keys(ORDERS))('hold everywhere when the nodes look: %s', async (order) => {
    expect(await ORDERS[order]?.()).toBeLessThan(WITHOUT_REDIS_MS);
  });

  it('hold within thirty seconds as long as nobody asks for less', () => {
    const { auth, cluster: options, ledger } = Config.from({});
    for (const ms of [auth.revocationPollMs, options.settingsPollMs, ledger.checkpointMs, options.orderPollMs])
      expect(ms + options.redisTimeoutMs).toBeLessThan(WITHOUT_REDIS_MS);
  });
});
