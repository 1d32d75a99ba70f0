import { describe, expect, it } from 'vitest';
import { RawWebSocket, upgradeRequest } from '../../../test/support/raw-websocket.js';
import { SocketServer } from '../../../test/support/socket-server.js';
import { Drain } from './drain.js';

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
