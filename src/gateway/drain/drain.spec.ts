import { describe, expect, it, onTestFinished } from 'vitest';
import { RawWebSocket, upgradeRequest } from '../../../test/support/raw-websocket.js';
import { TestSocket } from '../../../test/support/socket.js';
import { SocketServer } from '../../../test/support/socket-server.js';
import { MessageLog } from '../../messaging/message-log.js';
import type { DrainPlan } from '../../messaging/node-drain.js';
import { Refusal } from '../../protocol/refusal.js';
import { Drain } from './drain.js';

const PLAN: DrainPlan = { overMs: 1_000, deadlineMs: 3_000 };

async function serverWith(users: number, env: Readonly<Record<string, string>> = {}) {
  // The end of a test is no drain that it is about.
  const server = await SocketServer.start({ env: { WAYBILL_DRAIN_TIMEOUT_MS: '200', ...env } });
  onTestFinished(() => server.close());
  const sockets = await Promise.all(Array.from({ length: users }, (_, index) => server.connect(`user-${index}`)));
  return { server, sockets, drain: server.app.get(Drain) };
}

async function untilEmpty(drain: Drain): Promise<void> {
  await expect.poll(() => drain.current?.state, { timeout: 8_000, interval: 20 }).toBe('drained');
}

function codeOf(call: () => unknown): string {
  try {
    call();
    return 'OK';
  } catch (error) {
    return error instanceof Refusal ? `${error.code}: ${error.message}` : String(error);
  }
}

describe('a node that stops', () => {
  it('tells everybody to reconnect, closes with 1012, and refuses newcomers meanwhile', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_DRAIN_TIMEOUT_MS: '2000' } });
    const sockets = await Promise.all(Array.from({ length: 30 }, (_, index) => server.connect(`user-${index}`)));
    const token = server.token('late');
    const draining = server.app.get(Drain).beforeApplicationShutdown();
    const late = RawWebSocket.open(server.port, upgradeRequest('/ws', { Authorization: `Bearer ${token}` }));
    await late.untilEnd();
    expect(late.head).toMatch(/^HTTP\/1\.1 503[^]*Retry-After: 1$/im);
    expect(JSON.parse(late.body)).toMatchObject({ code: 'DRAINING' });
    for (const socket of sockets) {
      expect(await socket.closed).toEqual({ code: 1012, reason: 'node draining' });
      expect(socket.frames.slice(-2)).toMatchObject([
        { action: 'sys.reconnect', data: { after_ms: expect.any(Number) as number, reason: 'node draining' } },
        { action: 'sys.closing', data: { code: 1012, retry_after_ms: expect.any(Number) as number } },
      ]);
    }
    await draining;
    expect(server.registry.size).toBe(0);
    await server.close();
  });

  it('closes in batches, not all at once', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_DRAIN_TIMEOUT_MS: '1000' } });
    const sockets = await Promise.all(Array.from({ length: 12 }, (_, index) => server.connect(`user-${index}`)));
    const began = performance.now();
    const ends = sockets.map(async (socket) => socket.closed.then(() => performance.now() - began));
    await server.app.get(Drain).beforeApplicationShutdown();
    const times = await Promise.all(ends);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(300);
    await server.close();
  });

  it('cuts off peers that do not answer, and the application ends in time', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_DRAIN_TIMEOUT_MS: '300', WAYBILL_CLOSE_TIMEOUT_MS: '30000' } });
    const mute = await RawWebSocket.connect(server.port, server.token());
    const began = performance.now();
    await server.close();
    expect(performance.now() - began).toBeLessThan(2_500);
    expect(mute.closeFrame).toMatchObject({ code: 1012 });
    await mute.untilEnd();
  });

  it('closes at once where no time is given', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_DRAIN_TIMEOUT_MS: '0' } });
    const raw = await RawWebSocket.connect(server.port, server.token());
    await server.close();
    await raw.untilEnd();
    expect(server.telemetry.of('connectionClosed')[0]?.[1]).toMatchObject({ code: 1012, initiator: 'server' });
  });
});

describe('a node that is drained while it runs', () => {
  it('empties itself by the plan, refuses newcomers, and takes them again when it is taken back', async () => {
    const { server, sockets, drain } = await serverWith(20);
    const token = server.token('late');
    const began = performance.now();
    expect(drain.start(PLAN, 'operator:ann')).toMatchObject({ state: 'running', by: 'operator:ann', connections: 20, left: 20, closed: 0 });
    const ends = await Promise.all(sockets.map(async ({ closed }) => ({ ...(await closed), at: performance.now() - began })));
    expect(ends.every(({ code }) => code === 1012)).toBe(true);
    const times = ends.map(({ at }) => at);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(600);
    await untilEmpty(drain);
    expect(drain.current).toMatchObject({
      told: 20,
      closed: 20,
      left: 0,
      cut_off: 0,
      unanswered: 0,
      ended_at: expect.any(Number) as number,
    });
    await expect(server.connect('late')).rejects.toThrow('503');
    const late = RawWebSocket.open(server.port, upgradeRequest('/ws', { Authorization: `Bearer ${token}` }));
    await late.untilEnd();
    expect(late.head).toMatch(/^HTTP\/1\.1 503/);
    expect(JSON.parse(late.body)).toMatchObject({ code: 'DRAINING', message: expect.stringContaining('drained by an operator') as string });
    expect(drain.cancel()).toMatchObject({ state: 'cancelled', closed: 20 });
    expect(drain.current).toBeUndefined();
    await server.connect('back');
  });

  it('asks each to reconnect a moment before it is closed, and not before its turn', async () => {
    const { sockets, drain } = await serverWith(10);
    drain.start({ overMs: 1_500, deadlineMs: 4_000 }, 'operator:ann');
    await expect.poll(() => drain.current?.told, { interval: 10 }).toBeGreaterThan(1);
    const asked = (): number => sockets.filter(({ frames }) => frames.some(({ action }) => action === 'sys.reconnect')).length;
    expect(asked()).toBeLessThan(9);
    await untilEmpty(drain);
    expect(asked()).toBe(10);
    for (const { frames } of sockets) {
      const asking = frames.find(({ action }) => action === 'sys.reconnect') as { readonly data: { readonly after_ms: number } };
      expect(asking.data.after_ms).toBeLessThanOrEqual(1_000);
    }
  });

  it('leaves those alone whose turn had not come when it is cancelled half-way', async () => {
    const { sockets, drain } = await serverWith(20);
    drain.start({ overMs: 2_000, deadlineMs: 4_000 }, 'operator:ann');
    await expect.poll(() => drain.current?.closed, { timeout: 5_000, interval: 10 }).toBeGreaterThan(2);
    const cancelled = drain.cancel();
    expect(cancelled.told).toBeLessThan(20);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const open = sockets.filter(({ socket }) => socket.readyState === 1);
    expect(open.length).toBeGreaterThanOrEqual(20 - cancelled.told);
    for (const socket of open.slice(-3)) expect(await socket.request('ping')).toMatchObject({ data: {} });
    expect(drain.last).toEqual(cancelled);
  });

  it('is refused twice, with what to do, and so is taking back what is not drained', async () => {
    const { drain } = await serverWith(3);
    expect(codeOf(() => drain.cancel())).toMatch(/^CONFLICT: this node is not drained/);
    drain.start(PLAN, 'operator:ann');
    expect(codeOf(() => drain.start(PLAN, 'operator:bob'))).toMatch(
      /^CONFLICT: operator:ann has been draining .* DELETE takes the node back/,
    );
    await untilEmpty(drain);
    expect(codeOf(() => drain.start(PLAN, 'operator:bob'))).toMatch(/^CONFLICT: operator:ann drained this node .* DELETE takes it back/);
  });

  it('cuts off a client that does not answer at the deadline, not before', async () => {
    const { server, drain } = await serverWith(1, { WAYBILL_CLOSE_TIMEOUT_MS: '30000' });
    const mute = await RawWebSocket.connect(server.port, server.token('mute'));
    mute.socket.pause();
    const began = performance.now();
    drain.start({ overMs: 100, deadlineMs: 1_500 }, 'operator:ann');
    await expect
      .poll(() => drain.current, { interval: 10 })
      .toMatchObject({ closed: 1, left: 1, unanswered: 1, cut_off: 0, state: 'running' });
    await untilEmpty(drain);
    expect(performance.now() - began).toBeGreaterThanOrEqual(1_450);
    expect(drain.current).toMatchObject({ closed: 2, left: 0, cut_off: 1 });
  });

  it('lets publishes under way have their replies', async () => {
    const { server, sockets, drain } = await serverWith(2);
    const log = server.app.get(MessageLog);
    const append = log.appendFree.bind(log);
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    log.appendFree = async (drafts) => gate.then(() => append(drafts));
    const [publisher] = sockets;
    const reply = publisher?.request('topic.publish', { topic: 'room', data: 1 });
    await expect.poll(() => drain.forecast(PLAN).publishes_under_way).toBe(1);
    drain.start({ overMs: 0, deadlineMs: 5_000 }, 'operator:ann');
    await expect.poll(() => drain.current, { timeout: 4_000, interval: 10 }).toMatchObject({ closed: 1, left: 1, publishes_under_way: 1 });
    open();
    expect(await reply).toMatchObject({ data: { seq: 1 } });
    expect(await publisher?.closed).toMatchObject({ code: 1012 });
  });

  it('is hurried when the process is told to stop meanwhile', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_DRAIN_TIMEOUT_MS: '500' } });
    const sockets = await Promise.all(Array.from({ length: 10 }, (_, index) => server.connect(`user-${index}`)));
    const drain = server.app.get(Drain);
    drain.start({ overMs: 600_000, deadlineMs: 600_000 }, 'operator:ann');
    const began = performance.now();
    await server.close();
    expect(performance.now() - began).toBeLessThan(4_000);
    for (const socket of sockets) expect((await socket.closed).code).toBe(1012);
    expect(drain.current?.state).toBe('stopping');
    expect(codeOf(() => drain.start(PLAN, 'operator:ann'))).toMatch(/^DRAINING/);
    expect(codeOf(() => drain.cancel())).toMatch(/^DRAINING/);
  });
});

describe('the forecast of a drain', () => {
  it('counts clients, and names those who lose something', async () => {
    const { server, drain } = await serverWith(2);
    await TestSocket.connect(server.port, server.token('carl'), { path: '/ws?client=kiosk/2' });
    await TestSocket.connect(server.port, server.token('dora', Date.now() + 20_000), { path: '/ws?client=kiosk/2' });
    expect(drain.forecast({ overMs: 2_000, deadlineMs: 30_000 })).toMatchObject({
      over_s: 2,
      deadline_s: 30,
      takes_s: 3,
      connections: 4,
      event_streams: 0,
      operators: 0,
      closes_per_s: 2,
      by_client: [
        { client: null, connections: 2 },
        { client: 'kiosk/2', connections: 2 },
      ],
      by_other_clients: 0,
      publishes_under_way: 0,
      losses: [{ what: 'token_ends', connections: 1 }],
    });
  });
});
