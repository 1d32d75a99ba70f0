import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { clientFrame, RawWebSocket } from '../../../test/support/raw-websocket.js';
import { SocketServer } from '../../../test/support/socket-server.js';
import { Config } from '../../config/config.js';
import { batchOf } from '../../messaging/frame.js';
import { encodeServerFrame } from '../../protocol/codec.js';
import { textFrame } from '../../protocol/text-frame.js';
import { Heartbeat } from './heartbeat.js';

/** Stops the event loop of this process, as a long collection of garbage or a frozen machine does. */
function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('heartbeat', () => {
  let server: SocketServer;
  afterEach(() => server.close());
  const start = async (env: Readonly<Record<string, string>>): Promise<void> => {
    server = await SocketServer.start({ env: { WAYBILL_CLOSE_TIMEOUT_MS: '100', WAYBILL_DRAIN_TIMEOUT_MS: '500', ...env } });
  };

  it('measures round trips and keeps who answers', async () => {
    await start({ WAYBILL_PING_INTERVAL_MS: '60', WAYBILL_PONG_TIMEOUT_MS: '100' });
    const socket = await server.connect();
    for (let count = 0; count < 4; count += 1) await once(socket.socket, 'ping');
    await expect.poll(() => server.telemetry.of('pong').length).toBeGreaterThan(2);
    expect(server.only().rttMs).toBeGreaterThan(0);
    expect(server.only().state).toBe('open');
  });

  it('closes who does not answer with 4409', async () => {
    await start({ WAYBILL_PING_INTERVAL_MS: '60', WAYBILL_PONG_TIMEOUT_MS: '100' });
    const mute = new WebSocket(`ws://127.0.0.1:${server.port}/ws`, 'waybill.v1', {
      headers: { authorization: `Bearer ${server.token()}` },
      autoPong: false,
    });
    const [code] = (await once(mute, 'close')) as [number];
    expect(code).toBe(4409);
  });

  it('tells an answer to a later ping from one to an earlier ping', async () => {
    await start({ WAYBILL_PING_INTERVAL_MS: '50', WAYBILL_PONG_TIMEOUT_MS: '300' });
    const raw = await RawWebSocket.connect(server.port, server.token());
    for (let pings = 1; pings <= 12; pings += 1) {
      await raw.until(() => raw.frames.filter(({ opcode }) => opcode === 9).length >= pings);
      // Late enough that a ping is under way whenever an earlier one is judged.
      setTimeout(() => raw.send(clientFrame(0xa)), 25);
    }
    expect(server.only().state).toBe('open');
    raw.socket.destroy();
  });

  it('closes none of 50 healthy clients after the loop stood still for longer than the time for a pong', async () => {
    await start({ WAYBILL_PING_INTERVAL_MS: '300', WAYBILL_PONG_TIMEOUT_MS: '200' });
    const sockets = await Promise.all(Array.from({ length: 50 }, (_, index) => server.connect(`user-${index}`)));
    const pings = sockets.map((socket) => once(socket.socket, 'ping'));
    await Promise.all(pings);
    for (let round = 0; round < 3; round += 1) {
      // Pings are on their way all the time: the stall falls between pings and their answers.
      stall(700);
      await Promise.all(sockets.map((socket) => once(socket.socket, 'ping')));
    }
    expect(server.registry.size).toBe(50);
    expect(server.telemetry.of('connectionClosed')).toHaveLength(0);
  });

  it('leaves those alone that cannot be asked: whose socket is full, or who are not being read', async () => {
    await start({ WAYBILL_PING_INTERVAL_MS: '40', WAYBILL_PONG_TIMEOUT_MS: '300', WAYBILL_QUEUE_BYTES: '100000000' });
    const raw = await RawWebSocket.connect(server.port, server.token());
    const connection = server.only();
    await raw.until(() => raw.frames.some(({ opcode }) => opcode === 9));
    raw.socket.pause();
    const bytes = textFrame(encodeServerFrame('test.filler', 'x'.repeat(60_000)));
    while (connection.offer(batchOf([{ bytes }])) !== 'queued');
    expect(connection.pingSentAt).toBeGreaterThan(0);
    const bob = await server.connect('bob');
    for (let count = 0; count < 20; count += 1) await once(bob.socket, 'ping');
    expect(connection.state).toBe('open');
    raw.socket.destroy();
  });

  it('can be turned off', async () => {
    await start({ WAYBILL_PING_INTERVAL_MS: '0', WAYBILL_PONG_TIMEOUT_MS: '100' });
    const socket = await server.connect();
    let pings = 0;
    socket.socket.on('ping', () => (pings += 1));
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect([pings, server.only().state]).toEqual([0, 'open']);
  });
});

describe('the judgement of a ping', () => {
  it('comes after what waits in the kernel was read, even in the last moment of its time', async () => {
    const heartbeat = new Heartbeat(Config.from({ WAYBILL_PING_INTERVAL_MS: '200', WAYBILL_PONG_TIMEOUT_MS: '200' }));
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const client = connect((listener.address() as AddressInfo).port, '127.0.0.1');
    const [peer] = (await once(listener, 'connection')) as [Socket];
    let ticks = 0;
    const connection = {
      beatSlot: -1,
      pingSentAt: 0,
      answers: true,
      ping: () => (ticks = 0),
      unanswered: () => verdict('unanswered'),
      stalledBy: () => {
        ticks += 1;
        // The next tick is the one that judges. Its timer is due when this stall ends, and the answer is in the kernel.
        if (connection.pingSentAt > 0 && ticks === 7) setImmediate(() => (client.write('pong'), stall(60)));
      },
    };
    let verdict: (text: string) => void = () => undefined;
    const judged = new Promise<string>((resolve) => (verdict = resolve));
    peer.once('data', () => {
      connection.pingSentAt = 0;
      setTimeout(() => verdict('answered'), 100);
    });
    heartbeat.add(connection);
    heartbeat.watchSlow(connection, true);
    heartbeat.onModuleInit();
    expect(await judged).toBe('answered');
    heartbeat.onApplicationShutdown();
    client.destroy();
    listener.close();
  });
});
