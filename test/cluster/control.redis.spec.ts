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
};
/** And such that a test can wait for. */
const OFTEN = {
  WAYBILL_REVOCATION_POLL_MS: '200',
  WAYBILL_SETTINGS_POLL_MS: '200',
  WAYBILL_LEDGER_CHECKPOINT_MS: '300',
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
    for (const ms of [auth.revocationPollMs, options.settingsPollMs, ledger.checkpointMs])
      expect(ms + options.redisTimeoutMs).toBeLessThan(WITHOUT_REDIS_MS);
  });
});
