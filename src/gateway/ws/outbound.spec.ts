import { afterEach, describe, expect, it } from 'vitest';
import { clientFrame, RawWebSocket, textFrameOf } from '../../../test/support/raw-websocket.js';
import { SocketServer } from '../../../test/support/socket-server.js';
import { batchOf, replayOf } from '../../messaging/frame.js';
import { encodeServerFrame } from '../../protocol/codec.js';
import { textFrame } from '../../protocol/text-frame.js';
import type { Connection } from './connection.js';

/** More than the kernel's buffers of both ends take. */
const ENOUGH_BYTES = 24 * 1_048_576;
const frame = textFrame(encodeServerFrame('test.filler', 'x'.repeat(8_000)));
const batch = batchOf([{ bytes: frame, live: { topic: 'a.b', namespace: 'a', epoch: 'e', seq: 1, slow: 'disconnect' } }]);

/** Offers until the kernel takes no more; answers how many batches were taken. */
function fill(connection: Connection): number {
  for (let count = 1; count * frame.length < ENOUGH_BYTES; count += 1) if (connection.offer(batch) === 'queued') return count;
  throw new Error('the kernel takes everything');
}

describe('a client that does not read', () => {
  let server: SocketServer;
  let raw: RawWebSocket;
  afterEach(async () => {
    raw.socket.destroy();
    await server.close();
  });

  async function connect(env: Readonly<Record<string, string>>): Promise<Connection> {
    server = await SocketServer.start({
      env: { WAYBILL_CLOSE_TIMEOUT_MS: '150', WAYBILL_DRAIN_TIMEOUT_MS: '200', WAYBILL_RESUME_WAIT_MS: '0', ...env },
    });
    raw = await RawWebSocket.connect(server.port, server.token());
    raw.socket.pause();
    return server.only();
  }

  it('gets everything in order once it reads again, replies and pushes alike', async () => {
    const connection = await connect({ WAYBILL_QUEUE_BYTES: '10000000', WAYBILL_QUEUE_MESSAGES: '10000' });
    let sent = fill(connection);
    expect(connection.outbound.isSlow).toBe(true);
    for (let index = 0; index < 50; index += 1) {
      connection.push('test.numbered', index);
      expect(connection.offer(batch)).toBe('queued');
    }
    sent += 50;
    raw.send(Buffer.concat([textFrameOf({ msg_id: 'asked', action: 'ping' }), clientFrame(0x9, 'in between')]));
    await expect.poll(() => connection.framesIn).toBe(1);
    expect(connection.outbound.queuedBytes).toBeGreaterThan(50 * frame.length);
    raw.socket.resume();
    await raw.until(() => raw.texts.some((text) => text['reply_to'] === 'asked'));
    expect(raw.texts.filter((text) => text['action'] === 'test.numbered').map((text) => text['data'])).toEqual(
      Array.from({ length: 50 }, (_, index) => index),
    );
    expect(raw.texts.filter((text) => text['action'] === 'test.filler')).toHaveLength(sent);
    expect(raw.texts.at(-1)).toMatchObject({ reply_to: 'asked' });
    await expect.poll(() => connection.outbound.isSlow).toBe(false);
    expect([connection.outbound.queuedBytes, connection.outbound.queuedFrames, connection.outbound.queuedMs]).toEqual([0, 0, 0]);
    const outcomes = server.telemetry.of('queuedOutcome');
    expect(outcomes.every(([namespace, outcome]) => namespace === 'a' && outcome === 'written')).toBe(true);
    expect(outcomes.reduce((sum, [, , messages]) => sum + (messages as number), 0)).toBe(51);
  });

  it.each([
    ['bytes', { WAYBILL_QUEUE_BYTES: '100000' }],
    ['frames', { WAYBILL_QUEUE_MESSAGES: '12' }],
  ])('is closed with 4408 over the budget of %s', async (_case, env) => {
    const connection = await connect(env);
    fill(connection);
    const results: string[] = [];
    while (results.at(-1) !== 'overflow' && results.length < 1_000) results.push(connection.offer(batch));
    expect(results.length).toBe(12);
    expect(connection.offer(batch)).toBe('closed');
    await expect.poll(() => server.registry.size).toBe(0);
    expect(server.telemetry.of('connectionClosed')[0]?.[1]).toMatchObject({ code: 4408, reason: 'slow consumer', initiator: 'server' });
    expect(server.telemetry.of('queuedOutcome')).toEqual([
      // The socket was busy with the first of them.
      ['a', 'unconfirmed', 1],
      ...Array.from({ length: 11 }, () => ['a', 'not_written', 1]),
    ]);
    expect(server.telemetry.of('dropped')).toEqual([['slow_consumer', 12]]);
  });

  it.each([
    ['a defect of ours', (connection: Connection) => connection.defect(new Error('on purpose')), 'gateway_failed'],
    ['an operator', (connection: Connection) => connection.close('DISCONNECTED'), 'connection_closed'],
    ['a drain', (connection: Connection) => connection.close('NODE_DRAINING'), 'connection_closed'],
  ])('loses what waits for it to %s, and that is said', async (_whose, end, reason) => {
    const connection = await connect({});
    fill(connection);
    for (let count = 0; count < 4; count += 1) connection.offer(batch);
    end(connection);
    await expect.poll(() => server.registry.size).toBe(0);
    expect(server.telemetry.of('dropped')).toEqual([[reason, 5]]);
  });

  it('may have replays beyond the budget', async () => {
    const connection = await connect({ WAYBILL_QUEUE_BYTES: '10000' });
    fill(connection);
    for (let index = 0; index < 100; index += 1) expect(connection.offer(replayOf([{ bytes: frame }]))).toBe('queued');
    expect(connection.state).toBe('open');
  });

  it('reads why it was closed when it comes round in time', async () => {
    const connection = await connect({ WAYBILL_QUEUE_MESSAGES: '5', WAYBILL_CLOSE_TIMEOUT_MS: '5000' });
    fill(connection);
    for (let count = 0; count < 10; count += 1) connection.offer(batch);
    expect(connection.offer(batch)).toBe('closed');
    raw.socket.resume();
    expect(await raw.untilClose()).toMatchObject({ code: 4408 });
    expect(raw.texts.at(-1)).toMatchObject({ action: 'sys.closing', data: { code: 4408 } });
    expect(raw.frames.at(-1)?.opcode).toBe(8);
  });

  it('is closed with 4450 when no byte moves, and not while some do', async () => {
    const connection = await connect({ WAYBILL_WRITE_STALL_MS: '400', WAYBILL_QUEUE_BYTES: '10000000', WAYBILL_PING_INTERVAL_MS: '0' });
    const topUp = (): void => {
      while (connection.outbound.queuedBytes < 4_000_000) connection.offer(batch);
    };
    for (let round = 0; round < 8; round += 1) {
      topUp();
      const before = raw.socket.bytesRead;
      raw.socket.resume();
      await expect.poll(() => raw.socket.bytesRead - before, { interval: 1 }).toBeGreaterThan(2_000_000);
      raw.socket.pause();
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(connection.state).toBe('open');
    }
    topUp();
    await expect.poll(() => server.registry.size, { timeout: 3_000 }).toBe(0);
    expect(server.telemetry.of('connectionClosed')[0]?.[1]).toMatchObject({ code: 4450 });
  });

  it('does not disturb others', async () => {
    const connection = await connect({});
    fill(connection);
    const bob = await server.connect('bob');
    expect(await bob.request('ping')).toMatchObject({ code: 'OK' });
    await bob.close();
  });
});

describe('a batch larger than a slice', () => {
  it('arrives whole', async () => {
    const server = await SocketServer.start({ env: { WAYBILL_RESUME_WAIT_MS: '0' } });
    const socket = await server.connect();
    const frames = Array.from({ length: 100 }, (_, index) =>
      textFrame(encodeServerFrame('test.filler', { index, filler: 'x'.repeat(index * 200) })),
    );
    const result = server.only().offer(batchOf(frames.map((bytes) => ({ bytes }))));
    expect(['written', 'queued']).toContain(result);
    await expect.poll(() => socket.frames.filter((seen) => seen['action'] === 'test.filler')).toHaveLength(100);
    expect(socket.frames.slice(1).map((seen) => (seen['data'] as { index: number }).index)).toEqual(frames.map((_, index) => index));
    await server.close();
  });
});
