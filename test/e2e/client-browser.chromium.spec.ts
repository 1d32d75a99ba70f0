import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ChromiumHost, type RemoteProbe } from '../client/probe-host.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { startGateway, type TestGateway } from '../support/gateway.js';

const EVERYTHING = { topics: { subscribe: ['*'], publish: ['*'] }, users: { send: ['*'] } };

let host: ChromiumHost;
let gateway: TestGateway;
let proxy: TcpProxy;

beforeAll(async () => {
  host = await ChromiumHost.start();
  gateway = await startGateway({
    env: { WAYBILL_ALLOWED_ORIGINS: host.origin, WAYBILL_PRESENCE_COALESCE_MS: '20', WAYBILL_EXPIRING_NOTICE_S: '0' },
  });
  proxy = await TcpProxy.before(address());
});

afterEach(async () => {
  await host.closeProbes();
  expect(host.uncaught).toEqual([]);
});

afterAll(async () => {
  await host.close();
  await proxy.close();
  await gateway.stop();
});

function address(): string {
  return `http://127.0.0.1:${gateway.port}`;
}

async function open(user: string): Promise<RemoteProbe> {
  return host.open({ address: address(), token: await gateway.token(user, EVERYTHING) });
}

describe('the bundled client in Chromium', () => {
  it('connects with a token, subscribes, publishes, reads history, knows who is present', async () => {
    const [alice, bob] = [await open('alice'), await open('bob')];
    await alice.run((probe) => probe.subscribe('chat.page'), undefined);
    await bob.run((probe) => probe.subscribe('chat.page'), undefined);
    const receipt = await bob.run(({ client }) => client.publish('chat.page', { text: 'héllo 🦊' }, { action: 'chat.said' }), undefined);
    expect(receipt).toMatchObject({ topic: 'chat.page', seq: 1, duplicate: false });
    await expect.poll(() => alice.run((probe) => probe.seen, undefined)).toEqual([{ seq: 1, data: { text: 'héllo 🦊' } }]);
    expect(await alice.run(({ client }) => client.history('chat.page'), undefined)).toMatchObject({
      epoch: receipt.epoch,
      head: 1,
      messages: [{ seq: 1, msgId: receipt.msgId, action: 'chat.said', data: { text: 'héllo 🦊' } }],
    });
    const presence = await alice.run(({ client }) => client.presence('chat.page'), undefined);
    expect(presence.members.map(({ user }) => user).toSorted()).toEqual(['alice', 'bob']);
  });

  it('sees who comes and goes, also when a page is simply left', async () => {
    const watcher = await open('watcher');
    await watcher.run((probe) => probe.subscribe('chat.door'), undefined);
    const page = await host.openPage();
    const visitor = await host.probeIn(page, { address: address(), token: await gateway.token('visitor', EVERYTHING) });
    await visitor.run((probe) => probe.subscribe('chat.door'), undefined);
    await expect.poll(() => watcher.run((probe) => probe.presence, undefined)).toContain('join visitor');
    await page.goto('about:blank');
    await expect.poll(() => watcher.run((probe) => probe.presence, undefined)).toContain('leave visitor');
  });

  it('names the refusal of what a token does not grant', async () => {
    const token = await gateway.token('guest', { topics: { subscribe: ['chat.*'], publish: [] } });
    const guest = await host.open({ address: address(), token });
    const code = await guest.run(
      ({ client }) =>
        client.publish('chat.page', 1).then(
          () => 'published',
          (thrown: { readonly code: string }) => thrown.code,
        ),
      undefined,
    );
    expect(code).toBe('PERMISSION_DENIED');
  });

  it('ends after one look at auth/check where the token is no good, though a page sees such an upgrade only as 1006', async () => {
    const page = await host.openPage();
    const [sockets, checks]: [string[], number[]] = [[], []];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    page.on('response', (response) => {
      if (response.url().endsWith('/auth/check')) checks.push(response.status());
    });
    const probe = await host.probeIn(page, { address: address(), token: 'not.a.token' });
    expect(await probe.run((refused) => refused.connectOutcome(), undefined)).toBe('UNAUTHENTICATED');
    expect(await probe.run(({ events, client }) => [client.state, events], undefined)).toEqual(['closed', ['closed UNAUTHENTICATED']]);
    expect(sockets).toHaveLength(1);
    expect(checks).toEqual([401]);
  });

  it('keeps its connection over the expiry of its token, by its callback', async () => {
    const reasons: string[] = [];
    const page = await host.openPage();
    const probe = await host.probeWithCallback(page, address(), (reason) => {
      reasons.push(reason);
      return gateway.token('dora', { ...EVERYTHING, ttl_s: 3 });
    });
    expect(await probe.run((fresh) => fresh.connectOutcome(), undefined)).toBe('connected');
    await expect.poll(() => reasons, { timeout: 20_000 }).toEqual(['connect', 'expiring', 'expiring', 'expiring']);
    expect(await probe.run(({ events, client }) => [client.state, events], undefined)).toEqual(['open', ['connected']]);
  });

  it('is not let in from an origin that the gateway does not know, and keeps trying', async () => {
    const page = await host.openPage();
    const elsewhere = new URL(host.origin);
    elsewhere.hostname = 'localhost';
    await page.goto(elsewhere.href);
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    const probe = await host.probeIn(page, { address: address(), token: await gateway.token('alice', EVERYTHING) });
    await probe.run(({ client }) => void client.connect().catch(() => undefined), undefined);
    await expect.poll(() => sockets.length).toBeGreaterThan(2);
    expect(await probe.run(({ events }) => events, undefined)).not.toContain('connected');
  });

  it('comes back at once when the browser says that the network is back', async () => {
    const page = await host.openPage();
    const token = await gateway.token('rita', EVERYTHING);
    const probe = await host.probeIn(page, { address: proxy.through(address()), token, minDelayMs: 3_600_000, maxDelayMs: 3_600_000 });
    expect(await probe.run((fresh) => fresh.connectOutcome(), undefined)).toBe('connected');
    proxy.cut();
    await expect.poll(() => probe.run(({ client }) => client.state, undefined)).toBe('waiting');
    proxy.restore();
    await page.context().setOffline(true);
    await page.context().setOffline(false);
    await expect.poll(() => probe.run(({ events }) => events, undefined)).toEqual(['connected', 'disconnected', 'reconnected']);
  });
});
