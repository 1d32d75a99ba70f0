import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { answerOf, callAsDevice, type Challenge, deviceName, prove, registerEd25519, registerHmac, tokenOf } from '../support/device.js';
import { EventReader } from '../support/event-reader.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

const ENV = { WAYBILL_DEVICE_KEY: randomBytes(32).toString('base64url'), WAYBILL_LOG_LEVEL: 'silent', WAYBILL_ACCEPT_LAG_MS: '0' };
const GRANTS = { topics: { subscribe: ['plant.*'], publish: ['plant.7'] }, users: { send: ['boss'] }, roles: ['pump'] };
/** Within which a device that was disabled must be out. */
const OUT_WITHIN_MS = 2_000;

let gateway: TestGateway;
let other: TestGateway;
const sockets: TestSocket[] = [];

beforeAll(async () => {
  gateway = await startGateway({ env: ENV });
  other = await startGateway({ env: ENV, database: gateway.database });
});
afterEach(() => {
  vi.useRealTimers();
  for (const socket of sockets.splice(0)) socket.socket.terminate();
});
afterAll(async () => {
  await other.stop();
  await gateway.stop();
});

const post = (path: string, body?: object) => gateway.rest('POST', `/api/v1/devices${path}`, body);

async function connect(port: number, token: string | undefined): Promise<TestSocket> {
  const socket = await TestSocket.connect(port, token);
  sockets.push(socket);
  return socket;
}

async function checkAt(node: TestGateway, token: string): Promise<string> {
  return (await node.rest('GET', '/api/v1/auth/check', undefined, { authorization: `Bearer ${token}` })).body.code;
}

describe('registering a device', () => {
  it('answers it as it is listed and shown, with the user that it stands for', async () => {
    const id = deviceName();
    const made = await post('', { id, kind: 'hmac', ...GRANTS });
    expect(made).toMatchObject({ status: 201, body: { data: { id, user: `device:${id}`, state: 'active', roles: ['pump'] } } });
    const { secret, ...shown } = made.body.data as { secret: string };
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect((await gateway.rest('GET', `/api/v1/devices/${id}`)).body.data).toEqual(shown);
    expect(shown).toMatchObject({ keys: [{ kind: 'hmac', version: 'current' }] });
  });

  it('lists page by page, by id', async () => {
    const ids = ['page-a', 'page-b', 'page-c'];
    for (const id of ids) await registerHmac(gateway, id);
    const seen: string[] = [];
    let cursor: string | undefined = 'page';
    while (cursor !== undefined) {
      const page: { items: { id: string }[]; next?: string } = (await gateway.rest('GET', `/api/v1/devices?limit=2&cursor=${cursor}`)).body
        .data;
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map((item) => item.id));
      cursor = page.next;
    }
    expect(seen.filter((id) => ids.includes(id))).toEqual(ids);
  });

  it.each<[string, object, string]>([
    ['no id', { kind: 'hmac' }, 'id'],
    ['an id with a newline', { id: 'a\nb', kind: 'hmac' }, 'id'],
    ['an id that is too long', { id: 'a'.repeat(65), kind: 'hmac' }, 'id'],
    ['a kind that is none', { id: 'x', kind: 'rsa' }, 'kind'],
    ['no public key', { id: 'x', kind: 'ed25519' }, 'public_key'],
    ['a public key that is too short', { id: 'x', kind: 'ed25519', public_key: 'AAAA' }, 'public_key'],
    ['a public key beside a shared one', { id: 'x', kind: 'hmac', public_key: randomBytes(32).toString('base64url') }, 'public_key'],
    ['a user that is reserved', { id: 'x', kind: 'hmac', user: 'key:bootstrap' }, 'user'],
    ['a server topic', { id: 'x', kind: 'hmac', topics: { subscribe: ['$all'] } }, 'topics.subscribe[0]'],
    ['something unknown', { id: 'x', kind: 'hmac', secret: 'mine' }, 'body'],
    [
      'more grants than a token holds',
      { id: 'x', kind: 'hmac', topics: { subscribe: Array.from({ length: 256 }, (_, index) => `${'t'.repeat(60)}${index}`) } },
      'topics',
    ],
  ])('refuses %s, naming the field', async (_name, body, field) => {
    expect(await post('', body)).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST', field } });
  });

  it('refuses an id that is taken, and names what does not exist', async () => {
    const { id } = await registerHmac(gateway);
    expect(await post('', { id, kind: 'hmac' })).toMatchObject({ status: 400, body: { field: 'id' } });
    for (const path of ['', '/disable', '/enable', '/keys']) {
      const answer =
        path === ''
          ? await gateway.rest('GET', '/api/v1/devices/none')
          : await post(`/none${path}`, path === '/keys' ? { kind: 'hmac' } : undefined);
      expect(answer.status).toBe(404);
    }
    expect((await gateway.rest('DELETE', '/api/v1/devices/none')).status).toBe(404);
  });

  it('needs the scope admin', async () => {
    const key = (await gateway.rest('POST', '/api/v1/auth/keys', { name: deviceName(), scopes: ['ops', 'tokens', 'publish', 'read'] })).body
      .data as { key: string };
    for (const [method, path] of [
      ['POST', ''],
      ['GET', ''],
      ['GET', '/x'],
      ['DELETE', '/x'],
      ['POST', '/x/disable'],
      ['POST', '/x/enable'],
      ['POST', '/x/keys'],
      ['DELETE', '/x/keys/y'],
    ] as const) {
      const body = method === 'POST' ? {} : undefined;
      expect((await gateway.rest(method, `/api/v1/devices${path}`, body, { authorization: `Bearer ${key.key}` })).status).toBe(403);
      expect((await gateway.rest(method, `/api/v1/devices${path}`, body, { authorization: '' })).status).toBe(401);
    }
  });
});

describe('a device that proved itself', () => {
  it('has the rights of its registration, by REST and on a socket, and is seen', async () => {
    const device = await registerEd25519(gateway, deviceName(), GRANTS);
    const token = await tokenOf(gateway, device);
    const socket = await connect(gateway.port, token);
    expect(await socket.request('topic.publish', { topic: 'plant.7', data: 1 })).toMatchObject({ code: 'OK' });
    expect(await socket.request('topic.publish', { topic: 'plant.8', data: 1 })).toMatchObject({ code: 'PERMISSION_DENIED' });
    await expect
      .poll(async () => (await gateway.rest('GET', `/api/v1/devices/${device.id}`)).body.data)
      .toMatchObject({ last_seen_at: expect.any(Number) });
    const { exp, iat, jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, number>;
    expect([(exp ?? 0) - (iat ?? 0), typeof jti]).toEqual([900, 'string']);
  });

  it('opens a socket without a token, and renews it by another challenge', async () => {
    const device = await registerHmac(gateway, deviceName(), GRANTS);
    const socket = await connect(gateway.port, undefined);
    const challenge = async (): Promise<Challenge> => (await socket.request('auth.challenge', { device: device.id }))['data'] as Challenge;
    const opened = await socket.request('auth', { device: device.id, ...answerOf(device, await challenge()) });
    expect(opened).toMatchObject({ code: 'OK', data: { user: `device:${device.id}`, roles: ['pump'] } });
    const welcome = await socket.find((frame) => frame['action'] === 'welcome');
    expect(welcome['data']).toMatchObject({ user: `device:${device.id}`, connection_id: (await challenge()).connection });
    const renewed = await socket.request('auth.refresh', { device: device.id, ...answerOf(device, await challenge()) });
    const expiry = (frame: typeof renewed): number => (frame['data'] as { expires_at: number }).expires_at;
    expect(expiry(renewed)).toBeGreaterThanOrEqual(expiry(opened));
    expect(await socket.request('topic.publish', { topic: 'plant.7', data: 1 })).toMatchObject({ code: 'OK' });
  });

  it('must be asked first: a challenge does not let other frames through', async () => {
    const socket = await connect(gateway.port, undefined);
    await socket.request('auth.challenge', { device: 'anything' });
    socket.send({ action: 'topic.publish', data: { topic: 'plant.7', data: 1 } });
    expect((await socket.closed).code).toBe(4402);
  });

  it.each([
    [{}, 'data.device'],
    [{ device: 'a\nb' }, 'data.device'],
    [{ device: 7 }, 'data.device'],
  ])('is asked in words: %j names the field', async (data, field) => {
    const socket = await connect(gateway.port, undefined);
    expect(await socket.request('auth.challenge', data)).toMatchObject({ code: 'BAD_REQUEST', field });
  });

  it('is no other user: the answer of another device does not refresh a socket', async () => {
    const [mine, foreign] = [await registerHmac(gateway), await registerHmac(gateway)];
    const socket = await connect(gateway.port, await tokenOf(gateway, mine));
    const challenge = (await socket.request('auth.challenge', { device: foreign.id }))['data'] as Challenge;
    expect(await socket.request('auth.refresh', { device: foreign.id, ...answerOf(foreign, challenge) })).toMatchObject({
      code: 'PERMISSION_DENIED',
    });
  });

  it('does not renew its token by REST', async () => {
    const token = await tokenOf(gateway, await registerHmac(gateway));
    const answer = await gateway.rest('POST', '/api/v1/auth/refresh', undefined, { authorization: `Bearer ${token}` });
    expect(answer).toMatchObject({ status: 403, body: { rule: 'refresh.device' } });
  });
});

describe('a device that was disabled or removed', () => {
  it.each<[string, (id: string) => Promise<unknown>, number]>([
    ['disabled', (id) => post(`/${id}/disable`), 4503],
    ['removed', (id) => gateway.rest('DELETE', `/api/v1/devices/${id}`), 4503],
    ['robbed of its other key', (id) => withoutOldKey(id), 4401],
  ])('%s: is out within two seconds, on both nodes, and its tokens with it', { timeout: 20_000 }, async (_name, end, code) => {
    const device = await registerHmac(gateway, deviceName(), GRANTS);
    const bystander = await connect(gateway.port, await tokenOf(gateway, await registerHmac(gateway)));
    const tokens = [await tokenOf(gateway, device), await tokenOf(other, device)];
    const token = tokens[0] as string;
    const ticket = await gateway.rest('POST', '/api/v1/auth/tickets', undefined, { authorization: `Bearer ${token}` });
    const open = [await connect(gateway.port, token), await connect(gateway.port, tokens[1]), await connect(other.port, token)];
    const stream = await EventReader.open(`http://127.0.0.1:${gateway.port}/api/v1/topics/plant.1/messages`, {
      authorization: `Bearer ${token}`,
    });
    expect(await checkAt(other, token)).toBe('OK');
    await end(device.id);
    const began = performance.now();
    expect(await Promise.all(open.map(async ({ closed }) => (await closed).code))).toEqual([code, code, code]);
    const last = (await stream.rest()).at(-1);
    expect(last).toMatchObject({ event: 'sys.closing', data: expect.stringContaining(`"code":${code}`) });
    expect(performance.now() - began).toBeLessThan(OUT_WITHIN_MS * 2);
    for (const node of [gateway, other]) for (const each of tokens) expect(await checkAt(node, each)).toBe('UNAUTHENTICATED');
    const { ticket: spent } = ticket.body.data as { ticket: string };
    await expect(connectByTicket(spent)).rejects.toThrow('401');
    expect(bystander.socket.readyState).toBe(bystander.socket.OPEN);
  });

  it('comes back when it is enabled, with new tokens only', async () => {
    const device = await registerEd25519(gateway);
    const before = await tokenOf(gateway, device);
    await post(`/${device.id}/disable`);
    expect((await post(`/${device.id}/disable`)).status).toBe(201);
    expect((await prove(gateway, device)).status).toBe(401);
    expect((await prove(other, device)).status).toBe(401);
    expect((await post(`/${device.id}/enable`)).body.data).toMatchObject({ state: 'active' });
    const after = await tokenOf(gateway, device);
    expect([await checkAt(gateway, before), await checkAt(gateway, after)]).toEqual(['UNAUTHENTICATED', 'OK']);
  });

  it('stays out of a node that starts later, and one of the same name is another', async () => {
    const device = await registerHmac(gateway);
    const token = await tokenOf(gateway, device);
    await gateway.rest('DELETE', `/api/v1/devices/${device.id}`);
    const again = await registerHmac(gateway, device.id);
    const late = await startGateway({ env: ENV, database: gateway.database });
    try {
      expect(await checkAt(late, token)).toBe('UNAUTHENTICATED');
      expect(await checkAt(late, await tokenOf(late, again))).toBe('OK');
      expect((await prove(late, device)).status).toBe(401);
    } finally {
      await late.stop();
    }
  });

  async function withoutOldKey(id: string): Promise<void> {
    const made = await post(`/${id}/keys`, { kind: 'hmac' });
    const old = (made.body.data as { keys: { id: string; version: string }[] }).keys.find(({ version }) => version === 'previous');
    expect((await gateway.rest('DELETE', `/api/v1/devices/${id}/keys/${old?.id}`)).status).toBe(200);
  }

  async function connectByTicket(ticket: string): Promise<TestSocket> {
    return TestSocket.connect(gateway.port, undefined, { path: `/ws?ticket=${ticket}` });
  }
});

describe('the keys of a device', () => {
  it('are two at most, and one at least', async () => {
    const { id } = await registerHmac(gateway);
    const only = ((await gateway.rest('GET', `/api/v1/devices/${id}`)).body.data as { keys: { id: string }[] }).keys[0];
    expect((await gateway.rest('DELETE', `/api/v1/devices/${id}/keys/${only?.id}`)).body).toMatchObject({
      code: 'BAD_REQUEST',
      field: 'key',
    });
    expect((await gateway.rest('DELETE', `/api/v1/devices/${id}/keys/no-such-key`)).status).toBe(404);
    expect((await post(`/${id}/keys`, { kind: 'hmac' })).status).toBe(201);
    expect((await post(`/${id}/keys`, { kind: 'hmac' })).body).toMatchObject({ code: 'BAD_REQUEST' });
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + 86_401_000);
    expect((await post(`/${id}/keys`, { kind: 'hmac' })).body.data).toMatchObject({
      keys: [{ version: 'current' }, { version: 'previous' }],
    });
  });
});

describe('the doors of devices', () => {
  it.each<[string, object | undefined, number]>([
    ['no%20good/challenge', undefined, 400],
    ['x%0Ay/challenge', undefined, 400],
    [`${'x'.repeat(65)}/challenge`, undefined, 400],
    ['x/token', {}, 400],
    ['x/token', { nonce: 1, proof: 'AAAA' }, 400],
    ['x/token', { nonce: 'AAAA', proof: 'A'.repeat(513) }, 400],
    ['x/token', { nonce: 'AAAA', proof: '***' }, 401],
    ['x/token', { nonce: 'AAAA', proof: 'AAAA', more: 1 }, 400],
  ])('%s %j answers in the form of every refusal', async (path, body, status) => {
    const answer = await callAsDevice(gateway, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ code: expect.any(String), message: expect.any(String) });
  });

  it('count as requests of their address', async () => {
    const small = await startGateway({ env: { ...ENV, WAYBILL_REQUESTS_PER_SECOND: '5' }, database: gateway.database });
    try {
      const codes = await Promise.all(Array.from({ length: 20 }, async () => (await callAsDevice(small, 'x/challenge')).body.code));
      expect(new Set(codes)).toEqual(new Set(['OK', 'RATE_LIMITED']));
    } finally {
      await small.stop();
    }
  });
});
