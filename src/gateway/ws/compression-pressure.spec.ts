import { randomBytes } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { clientFrame, RawWebSocket, textFrameOf } from '../../../test/support/raw-websocket.js';
import { SocketServer } from '../../../test/support/socket-server.js';
import { MessageLog } from '../../messaging/message-log.js';
import type { Connection } from './connection.js';

const RSV1 = 4;
const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
const PADDING = 'x'.repeat(30_000);

/** A compressed publish: some hundred bytes on the wire, thirty thousand for who reads it. */
function compressedPublish(n: number): Buffer {
  const text = JSON.stringify({ msg_id: `p${n}`, action: 'topic.publish', data: { topic: 'chat.a', data: { n, PADDING } } });
  const payload = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
  return clientFrame(0x1, payload, { rsv: RSV1 });
}

describe('a compressing peer that is held back', () => {
  const IN_FLIGHT = 4;
  const COUNT = 100;
  let server: SocketServer;
  let raw: RawWebSocket;
  let connection: Connection;
  let letGo: () => void;

  afterEach(async () => {
    letGo();
    raw.socket.destroy();
    await server.close();
  });

  /** A peer that has sent more, in one chunk, than may be under way at a log that takes nothing until it is let go. */
  async function start(): Promise<void> {
    server = await SocketServer.start({
      env: { WAYBILL_COMPRESSION: 'true', WAYBILL_IN_FLIGHT_COMMANDS: String(IN_FLIGHT), WAYBILL_CLOSE_TIMEOUT_MS: '300' },
    });
    const log = server.app.get(MessageLog, { strict: false });
    const gate = Promise.withResolvers<void>();
    letGo = () => gate.resolve();
    const append = log.append.bind(log);
    vi.spyOn(log, 'append').mockImplementation(async (drafts) => {
      await gate.promise;
      return append(drafts);
    });
    raw = await RawWebSocket.connect(server.port, server.token(), '/ws', OFFER);
    connection = server.only();
    raw.send(Buffer.concat(Array.from({ length: COUNT }, (_, n) => compressedPublish(n))));
    await expect.poll(() => connection.framesIn).toBe(IN_FLIGHT);
  }

  it('is not inflated any further, and goes on in order when it may', async () => {
    await start();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(connection.framesIn).toBe(IN_FLIGHT);
    letGo();
    const replies = (): unknown[] => raw.texts.filter((frame) => frame['action'] === 'reply');
    await raw.until(() => replies().length === COUNT);
    expect(replies()).toMatchObject(Array.from({ length: COUNT }, (_, n) => ({ reply_to: `p${n}`, code: 'OK', data: { seq: n + 1 } })));
    expect(connection.framesIn).toBe(COUNT);
  });

  it('is gone at once when its TCP connection is, and what waited is not run', async () => {
    await start();
    raw.socket.resetAndDestroy();
    // A paused socket learns of it when something is written.
    connection.ping();
    await expect.poll(() => server.registry.size).toBe(0);
    expect(connection.closing).toMatchObject({ code: 1006, initiator: 'network' });
    letGo();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.telemetry.of('connectionClosed')).toHaveLength(1);
    expect(server.telemetry.of('command')).toHaveLength(IN_FLIGHT);
  });

  it('is told why it is closed, and nothing more is inflated for it', async () => {
    await start();
    connection.close('DISCONNECTED');
    expect(await raw.untilClose()).toMatchObject({ code: 4400 });
    raw.send(clientFrame(0x8, Buffer.of(0x11, 0x30)));
    await raw.untilEnd();
    await expect.poll(() => server.registry.size).toBe(0);
    expect(connection.bytesIn).toBeLessThan((IN_FLIGHT + 2) * PADDING.length);
  });
});

describe('a slow reader of compressed frames', () => {
  const QUEUE_BYTES = 600_000;
  let server: SocketServer;
  afterEach(() => server.close());

  /** A subscriber that does not read, with as much in its queue as the kernel does not take. */
  async function slowReader(
    topic: string,
  ): Promise<{ raw: RawWebSocket; connection: Connection; publish: (data: string) => Promise<void> }> {
    server = await SocketServer.start({
      env: { WAYBILL_COMPRESSION: 'true', WAYBILL_PING_INTERVAL_MS: '0', WAYBILL_QUEUE_BYTES: String(QUEUE_BYTES) },
      file: { messaging: { namespaces: { chat: { durable: false }, news: { durable: false, slow: 'drop_oldest' } } } },
    });
    const raw = await RawWebSocket.connect(server.port, server.token(), '/ws', OFFER);
    const connection = server.only();
    raw.send(textFrameOf({ msg_id: 's', action: 'topic.subscribe', data: { topics: [{ topic }] } }));
    await raw.until(() => raw.texts.some((frame) => frame['reply_to'] === 's'));
    raw.socket.pause();
    const publisher = await server.connect('bob');
    const publish = async (data: string): Promise<void> => {
      expect(await publisher.request('topic.publish', { topic, data })).toMatchObject({ code: 'OK' });
    };
    while (!connection.outbound.isSlow) await publish(noise());
    return { raw, connection, publish };
  }

  /** Text that deflate makes little smaller. */
  const noise = (): string => randomBytes(30_000).toString('base64');

  it('is judged by what waits compressed', async () => {
    const { raw, connection, publish } = await slowReader('chat.slow');
    const queued = connection.outbound.queuedFrames;
    for (let n = 0; n < 50; n += 1) await publish(PADDING);
    expect(50 * PADDING.length).toBeGreaterThan(QUEUE_BYTES);
    expect(connection.outbound.queuedFrames).toBe(queued + 50);
    expect(connection.outbound.queuedBytes).toBeLessThan(QUEUE_BYTES);
    raw.socket.resume();
    await raw.until(() => raw.texts.filter((frame) => frame['data'] === PADDING).length === 50);
    const seqs = raw.texts.flatMap((frame) => frame['seq'] ?? []);
    expect(seqs).toEqual(Array.from(seqs, (_, index) => index + 1));
    raw.socket.destroy();
  });

  it('loses the oldest beyond the budget and is told, among compressed frames', async () => {
    const { raw, connection, publish } = await slowReader('news.slow');
    for (let n = 0; n < 40; n += 1) await publish(noise());
    expect(connection.outbound.queuedBytes).toBeLessThan(QUEUE_BYTES * 2);
    await publish('the last');
    raw.socket.resume();
    await raw.until(() => raw.texts.at(-1)?.['data'] === 'the last');
    let position = 0;
    for (const { action, seq, data } of raw.texts.filter((frame) => frame['seq'] !== undefined || frame['action'] === 'topic.gap')) {
      const gap = data as { readonly from: number; readonly to: number };
      expect(action === 'topic.gap' ? gap.from : seq).toBe(position + 1);
      position = action === 'topic.gap' ? gap.to : (seq as number);
    }
    expect(raw.texts.some((frame) => frame['action'] === 'topic.gap')).toBe(true);
    raw.socket.destroy();
  });
});
