import { describe, expect, it } from 'vitest';
import { SocketServer } from '../../../test/support/socket-server.js';
import { TestSocket } from '../../../test/support/socket.js';
import { Config } from '../../config/config.js';
import { type Appointment, Lifetime } from './lifetime.js';
import { Lifetimes } from './lifetimes.js';

describe('the life of a connection', () => {
  it('ends with 4402 where no auth frame comes in time', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_AUTH_TIMEOUT_MS: '100' } });
    const socket = await TestSocket.connect(server.port, undefined);
    expect(server.registry.authenticating).toBe(1);
    expect(await socket.closed).toMatchObject({ code: 4402 });
    expect(socket.frames).toMatchObject([{ action: 'sys.closing', data: { code: 4402 } }]);
    await expect.poll(() => server.registry.authenticating).toBe(0);
    expect(server.telemetry.of('connectionOpened')).toHaveLength(0);
    await server.close();
  });

  it('ends with 4401 when the token expires, announced before, with nothing delivered after', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_EXPIRING_NOTICE_S: '1' } });
    const expiresAt = Date.now() + 1_200;
    const socket = await TestSocket.connect(server.port, server.token('alice', expiresAt));
    const notice = await socket.find((frame) => frame['action'] === 'auth.expiring');
    expect(notice['data']).toEqual({ expires_at: expiresAt });
    expect(Date.now()).toBeLessThan(expiresAt);
    expect(await socket.closed).toMatchObject({ code: 4401, reason: 'token expired' });
    expect(Date.now() - expiresAt).toBeGreaterThan(-50);
    expect(socket.frames.map((frame) => frame['action'])).toEqual(['welcome', 'auth.expiring', 'sys.closing']);
    await server.close();
  });

  it('says welcome before it says that the token expires', async () => {
    const server = await SocketServer.start();
    const socket = await TestSocket.connect(server.port, server.token('alice', Date.now() + 10_000));
    await socket.find((frame) => frame['action'] === 'auth.expiring');
    expect(socket.frames[0]).toMatchObject({ action: 'welcome' });
    await socket.close();
    await server.close();
  });

  it('ends with 4414 when idle, and not while frames come', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_IDLE_TIMEOUT_MS: '300' } });
    const [idle, busy] = [await server.connect('idle'), await server.connect('busy')];
    const frames = setInterval(() => busy.send({ action: 'ping' }), 50);
    expect(await idle.closed).toMatchObject({ code: 4414, reason: 'idle for too long' });
    for (const until = performance.now() + 400; performance.now() < until;)
      expect(await busy.request('ping')).toMatchObject({ code: 'OK' });
    clearInterval(frames);
    expect(await busy.closed).toMatchObject({ code: 4414 });
    await server.close();
  });

  it('ends with 4414 at its maximum age, spread by a tenth', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_MAX_AGE_MS: '400' } });
    const began = performance.now();
    const sockets = await Promise.all(Array.from({ length: 5 }, (_, index) => server.connect(`user-${index}`)));
    const ends = await Promise.all(sockets.map(async (socket) => ({ ...(await socket.closed), at: performance.now() - began })));
    for (const { code, reason, at } of ends) {
      expect([code, reason]).toEqual([4414, 'maximum age reached']);
      expect(at).toBeGreaterThan(370);
    }
    await server.close();
  });
});

describe('appointments', () => {
  const config = Config.from({});

  it('far beyond the longest timer do not come at once', async () => {
    const warnings: string[] = [];
    const warned = ({ name }: Error): unknown => warnings.push(name);
    process.on('warning', warned);
    const lifetimes = new Lifetimes(config);
    const seen: Appointment[] = [];
    const lifetime = new Lifetime({ keep: (appointment) => seen.push(appointment) });
    lifetime.expireAt(Date.now() + 60 * 86_400_000, 30_000);
    lifetimes.schedule(lifetime);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([seen, warnings]).toEqual([[], []]);
    process.off('warning', warned);
    lifetime.expireAt(Date.now() + 20, 15);
    lifetimes.schedule(lifetime);
    await expect.poll(() => seen).toEqual(['expiring', 'expired']);
    expect(lifetimes.size).toBe(0);
    lifetimes.onApplicationShutdown();
  });

  it('of many connections are kept in order by one timer, and those removed do not come', async () => {
    const lifetimes = new Lifetimes(config);
    const seen: number[] = [];
    const all = [40, 10, 30, 20, 50].map((delay) => {
      const lifetime = new Lifetime({ keep: () => seen.push(delay) });
      lifetime.resumeBy = performance.now() + delay;
      lifetimes.schedule(lifetime);
      return lifetime;
    });
    lifetimes.remove(all[2] as Lifetime);
    await expect.poll(() => seen).toEqual([10, 20, 40, 50]);
    lifetimes.onApplicationShutdown();
  });
});
