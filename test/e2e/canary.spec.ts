import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ConnectionRegistry } from '../../src/gateway/ws/registry.js';
import { Broker } from '../../src/messaging/broker.js';
import { Canary } from '../../src/monitoring/canary/canary.js';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';
import { TlsGateway } from '../support/tls-gateway.js';
import { put } from '../support/certificates.js';

const QUICK = {
  WAYBILL_CANARY_INTERVAL_MS: '50',
  WAYBILL_CANARY_TIMEOUT_MS: '700',
  WAYBILL_CANARY_STORED_EVERY: '1',
  // As by default: a node that is behind refuses its canary too.
  WAYBILL_ACCEPT_LAG_MS: '200',
};

/** A busy machine takes its time. */
const PATIENCE = { timeout: 10_000 };

interface Run {
  readonly path: string;
  readonly result: string;
  readonly broken?: string;
  readonly detail?: string;
  readonly round_trip_ms?: number;
  readonly hops: readonly { readonly hop: string; readonly state: string }[];
}

async function readiness({
  opsPort,
}: TestGateway): Promise<{ status: number; body: { status: string; parts: { canary?: { state: string; detail?: string } } } }> {
  const answer = await fetch(`http://127.0.0.1:${opsPort}/readyz`);
  return { status: answer.status, body: (await answer.json()) as never };
}

async function run(gateway: TestGateway): Promise<{ readonly ok: boolean; readonly items: readonly Run[] }> {
  return (await gateway.rest('POST', '/api/v1/ops/canary', {})).body.data;
}

describe('the canary (Q18)', () => {
  let gateway: TestGateway;
  let server: Server;

  beforeAll(async () => {
    gateway = await startGateway({ env: QUICK });
    server = gateway.gateway.app.getHttpServer();
  });

  afterAll(async () => {
    await gateway.stop();
  });

  afterEach(async () => {
    await expect.poll(async () => (await readiness(gateway)).body.parts.canary?.state, { timeout: 20_000 }).toBe('ok');
  }, 30_000);

  it('comes back by both paths, and REST, command and metric agree', async () => {
    const { ok, items } = await run(gateway);
    expect([ok, items.map(({ path, result }) => [path, result])]).toEqual([
      true,
      [
        ['live', 'ok'],
        ['stored', 'ok'],
      ],
    ]);
    expect(items[1]?.hops.map(({ hop }) => hop)).toEqual([
      'connect',
      'authenticate',
      'subscribe',
      'publish',
      'append',
      'bus',
      'fan_out',
      'socket',
    ]);
    expect(items[0]?.hops.every(({ state }) => state === 'ok' || state === 'kept')).toBe(true);
    const command = new CommandLine([
      '--url',
      `http://127.0.0.1:${gateway.port}`,
      '--api-key',
      TEST_API_KEY,
      '--data-dir',
      tmpdir(),
      'canary',
    ]);
    expect(await command.exit).toBe(0);
    expect(command.out).toMatch(/^ok {4}live message: [\d.]+ ms from publish to socket/);
    expect(command.out).toMatch(/^ok {4}stored message: /m);
    const last = new CommandLine([
      '--url',
      `http://127.0.0.1:${gateway.port}`,
      '--api-key',
      TEST_API_KEY,
      '--data-dir',
      tmpdir(),
      '--json',
      'canary',
      '--last',
    ]);
    const report = (await last.json()) as { items: { path: string; failed_in_row: number; history: Run[] }[] };
    expect(report.items.map(({ path, failed_in_row: failed }) => [path, failed])).toEqual([
      ['live', 0],
      ['stored', 0],
    ]);
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).text();
    expect(Number(/waybill_canary_round_trip_seconds\{path="live"\} (\S+)/.exec(metrics)?.[1])).toBeGreaterThan(0);
    expect(metrics).toMatch(/waybill_canary_failures_total\{hop="bus"\} 0/);
  });

  it('is one connection by that name, and nobody else reads or writes its topics', async () => {
    const { body } = await gateway.rest('GET', '/api/v1/ops/connections?client=canary');
    const { items } = body.data as { items: { user: string; topics: string[] }[] };
    expect(items).toHaveLength(1);
    const [live = '', stored = ''] = items[0]?.topics.toSorted() ?? [];
    expect([items[0]?.user, live, stored]).toEqual([
      'system:canary',
      expect.stringMatching(/^\$canary-stored\.[0-9a-f]$/),
      expect.stringMatching(/^\$canary\./),
    ]);
    const socket = await TestSocket.connect(gateway.port, await gateway.token('mallory'));
    for (const topic of [live, stored]) {
      const reply = await socket.request('topic.subscribe', { topics: [{ topic }] });
      expect(JSON.stringify(reply)).toContain('PERMISSION_DENIED');
      expect(await socket.request('topic.publish', { topic, data: 1 })).toMatchObject({ code: 'PERMISSION_DENIED' });
      expect(
        (await gateway.rest('POST', `/api/v1/topics/${encodeURIComponent(topic)}/messages`, { action: 'canary', data: {} })).status,
      ).toBe(403);
    }
    await socket.close();
  });

  it('keeps one stored message, however long it goes on', async () => {
    const topic = (
      (await gateway.rest('GET', '/api/v1/ops/connections?client=canary')).body.data as { items: { topics: string[] }[] }
    ).items[0]?.topics.find((name) => name.startsWith('$canary-stored.'));
    await run(gateway);
    const { body } = await gateway.rest('GET', `/api/v1/topics/${encodeURIComponent(topic ?? '')}/messages?limit=100`);
    expect((body.data as { messages?: unknown[]; items?: unknown[] }).messages ?? (body.data as { items?: unknown[] }).items).toHaveLength(
      1,
    );
  });

  it('is connected anew after it was disconnected, without a failure', async () => {
    const canary = gateway.gateway.app.get(Canary);
    const failures = () => canary.history('live').filter(({ result }) => result === 'failed').length;
    const before = failures();
    const since = Date.now();
    const registry = gateway.gateway.app.get(ConnectionRegistry, { strict: false });
    const open = () => [...registry.all()].findLast(({ state }) => state === 'open');
    // It may be on its way to another one at this moment.
    await expect.poll(open, PATIENCE).toBeDefined();
    expect((await gateway.rest('DELETE', `/api/v1/ops/connections/${open()?.id ?? ''}`)).status).toBe(200);
    // Both paths use the one socket; the one whose turn it is connects.
    const runs = () => [...canary.history('live'), ...canary.history('stored')];
    const anew = () => runs().some(({ hops, at }) => at >= since && hops[0]?.state === 'ok');
    await expect.poll(anew, PATIENCE).toBe(true);
    expect(failures() - before).toBeLessThanOrEqual(1);
  });

  it('names the hop where upgrades are not answered, takes the node out of readiness, and brings it back', async () => {
    const listeners = server.listeners('upgrade') as ((...parameters: unknown[]) => void)[];
    server.removeAllListeners('upgrade');
    server.on('upgrade', (_request, socket) => void socket.destroy());
    gateway.gateway.app.get(ConnectionRegistry, { strict: false }).all().next().value?.destroy();
    await expect.poll(async () => (await readiness(gateway)).status, { timeout: 10_000 }).toBe(503);
    const { body } = await readiness(gateway);
    expect(body).toMatchObject({
      status: 'failing',
      parts: { canary: { state: 'down', detail: expect.stringContaining('connect hop: ') } },
    });
    expect((await fetch(`http://127.0.0.1:${gateway.opsPort}/healthz`)).status).toBe(200);
    const command = new CommandLine([
      '--url',
      `http://127.0.0.1:${gateway.port}`,
      '--api-key',
      TEST_API_KEY,
      '--data-dir',
      tmpdir(),
      'canary',
    ]);
    expect([await command.exit, command.out]).toEqual([1, expect.stringContaining('FAIL  live message: connect: ')]);
    server.removeAllListeners('upgrade');
    for (const listener of listeners) server.on('upgrade', listener);
    await expect.poll(async () => (await readiness(gateway)).status, { timeout: 10_000 }).toBe(200);
  });

  it('names the bus where it brings nothing, and where it takes nothing', async () => {
    const broker = gateway.gateway.app.get(Broker, { strict: false }) as Broker & { listener: unknown };
    const { listener } = broker;
    broker.listener = undefined;
    const { items } = await run(gateway);
    expect(items[0]).toMatchObject({
      path: 'live',
      result: 'failed',
      broken: 'bus',
      detail: expect.stringContaining('did not bring it back'),
    });
    broker.listener = listener;
    const publishEphemeral = broker.publishEphemeral.bind(broker);
    broker.publishEphemeral = () => new Promise(() => undefined);
    const hangs = (await run(gateway)).items.find(({ path }) => path === 'live');
    expect(hangs).toMatchObject({ result: 'failed', broken: 'bus', detail: expect.stringContaining('no position') });
    broker.publishEphemeral = publishEphemeral;
  });

  it('names the fan-out where the message is not handed to the socket, and the socket where it is and does not arrive', async () => {
    const canary = gateway.gateway.app.get(Canary);
    const registry = gateway.gateway.app.get(ConnectionRegistry, { strict: false });
    const seen: string[] = [];
    for (const counted of [false, true]) {
      await expect.poll(() => canary.last('live')?.hops[0]?.state, PATIENCE).toBe('kept');
      // Whichever connection it uses by then: it makes another when a busy machine kept it waiting.
      const swallow = (): void => {
        for (const { outbound } of registry.all()) {
          const offer = (): string => {
            if (counted) outbound.frames += 1;
            return 'written';
          };
          Object.assign(outbound, { offer });
        }
      };
      const result = (): string | undefined => {
        swallow();
        return canary.last('live')?.result;
      };
      await expect.poll(result, PATIENCE).toBe('failed');
      seen.push(canary.last('live')?.broken ?? '');
      await expect.poll(() => canary.last('live')?.result, PATIENCE).toBe('ok');
    }
    expect(seen).toEqual(['fan_out', 'socket']);
  });

  it('does not call a node broken that stood still for three seconds', async () => {
    const canary = gateway.gateway.app.get(Canary);
    const before = canary.history('live').filter(({ result }) => result === 'failed').length;
    for (let round = 0; round < 3; round += 1) {
      const running = canary.now();
      await new Promise(setImmediate);
      const until = performance.now() + 3_000;
      while (performance.now() < until);
      // The stored path may say that the database was given up, which is true too.
      // Nor is it where it refuses newcomers until it has caught up.
      expect((await running)[0]).toMatchObject({ path: 'live', result: expect.stringMatching(/ok|skipped/) });
    }
    expect(canary.history('live').filter(({ result }) => result === 'failed').length).toBe(before);
  }, 20_000);
});

describe('the canary of a node', () => {
  async function started(env: Readonly<Record<string, string>>): Promise<TestGateway> {
    const gateway = await startGateway({ env: { ...QUICK, ...env } });
    onTestFinished(() => gateway.stop());
    return gateway;
  }

  it('takes nobody’s place, and finds its way into a full node', async () => {
    const gateway = await started({ WAYBILL_MAX_CONNECTIONS: '1', WAYBILL_CONNECTIONS_PER_ADDRESS: '1' });
    expect((await run(gateway)).ok).toBe(true);
    const socket = await TestSocket.connect(gateway.port, await gateway.token('alice'));
    await expect(TestSocket.connect(gateway.port, await gateway.token('bob'))).rejects.toThrow(/503/);
    gateway.gateway.app.get(ConnectionRegistry, { strict: false }).all().next().value?.destroy();
    await expect.poll(async () => (await run(gateway)).items[0]?.hops[0]?.state).toMatch(/ok|kept/);
    expect((await run(gateway)).ok).toBe(true);
    await socket.close();
  });

  it('says full, and not broken, where all sockets are taken', async () => {
    const gateway = await started({ WAYBILL_CANARY_INTERVAL_MS: '0' });
    const server = gateway.gateway.app.getHttpServer();
    server.maxConnections = 1;
    const { items } = await run(gateway);
    expect(items[0]).toMatchObject({ result: 'skipped', detail: expect.stringContaining('full') });
    expect((await readiness(gateway)).status).toBe(200);
  });

  it('says so where the node takes no newcomers for want of time', async () => {
    const gateway = await started({ WAYBILL_CANARY_INTERVAL_MS: '0', WAYBILL_ACCEPTS_PER_SECOND: '1' });
    const attempts = await Promise.allSettled(Array.from({ length: 4 }, () => TestSocket.connect(gateway.port, undefined)));
    expect(attempts.some(({ status }) => status === 'rejected')).toBe(true);
    expect((await run(gateway)).items[0]).toMatchObject({ result: 'skipped', detail: expect.stringContaining('gateway.acceptsPerSecond') });
    for (const attempt of attempts) if (attempt.status === 'fulfilled') await attempt.value.close();
  });

  it.each([['0.0.0.0'], ['127.0.0.2'], ['::1']])('finds its port where it listens on %s', async (host) => {
    const gateway = await started({ WAYBILL_HOST: host, WAYBILL_CANARY_INTERVAL_MS: '0' });
    const runs = await gateway.gateway.app.get(Canary).now();
    expect(runs.map(({ result, detail }) => [result, detail])).toEqual([
      ['ok', undefined],
      ['ok', undefined],
    ]);
  });

  it('is switched off, and still runs when it is asked to', async () => {
    const gateway = await started({ WAYBILL_CANARY_INTERVAL_MS: '0' });
    expect((await run(gateway)).ok).toBe(true);
    await expect
      .poll(async () => ((await gateway.rest('GET', '/api/v1/ops/connections')).body.data as { items: unknown[] }).items)
      .toEqual([]);
  });
});

describe('the canary over TLS', () => {
  it.each([
    ['with HTTP/2 offered', {}],
    ['without', { WAYBILL_HTTP2_STREAMS: '0' }],
    ['where client certificates are optional', { WAYBILL_TLS_CLIENT_CERT: 'optional', WAYBILL_TLS_CLIENT_CA_FILE: '<dir>/clients.pem' }],
  ])('comes back %s', async (_case, env) => {
    const tls = await TlsGateway.start(env, (authority, directory) => void put(`${directory}/clients.pem`, authority.certificate));
    onTestFinished(() => tls.stop());
    const runs = await tls.gateway.gateway.app.get(Canary).now();
    expect(runs.map(({ result, detail }) => [result, detail])).toEqual([
      ['ok', undefined],
      ['ok', undefined],
    ]);
  });

  it('shows its certificate where one is required, and says so where it has none', async () => {
    const required = { WAYBILL_TLS_CLIENT_CERT: 'required', WAYBILL_TLS_CLIENT_CA_FILE: '<dir>/clients.pem' };
    const prepare: Parameters<typeof TlsGateway.start>[1] = (authority, directory) => {
      put(`${directory}/clients.pem`, authority.certificate);
      const own = authority.issue({ names: ['URI:waybill:user:canary'] });
      put(`${directory}/canary.pem`, own.cert);
      put(`${directory}/canary.key`, own.key);
    };
    const without = await TlsGateway.start(required, prepare);
    onTestFinished(() => without.stop());
    expect((await without.gateway.gateway.app.get(Canary).now())[0]).toMatchObject({
      result: 'skipped',
      detail: expect.stringContaining('WAYBILL_CANARY_CERT_FILE'),
    });
    const shown = { WAYBILL_CANARY_CERT_FILE: '<dir>/canary.pem', WAYBILL_CANARY_KEY_FILE: '<dir>/canary.key' };
    const good = await TlsGateway.start({ ...required, ...shown }, prepare);
    onTestFinished(() => good.stop());
    expect((await good.gateway.gateway.app.get(Canary).now()).map(({ result, detail }) => [result, detail])).toEqual([
      ['ok', undefined],
      ['ok', undefined],
    ]);
  });
});
