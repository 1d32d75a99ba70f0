import { afterEach, describe, expect, it, vi } from 'vitest';
import { SocketServer } from '../../../test/support/socket-server.js';
import type { TestSocket } from '../../../test/support/socket.js';
import { MessageLog } from '../../messaging/message-log.js';

/** Longer than the kernel takes to push back, shorter than a person waits for a test. */
const PATIENCE = { timeout: 15_000, interval: 10 };

describe('a connection whose publish waits for room', () => {
  let server: SocketServer;
  let sockets: TestSocket[] = [];

  afterEach(async () => {
    for (const socket of sockets) socket.socket.terminate();
    sockets = [];
    await server.close();
  });

  /** A server whose log takes nothing until it is let go. */
  async function start(env: Readonly<Record<string, string>>): Promise<{ readonly letGo: () => void }> {
    server = await SocketServer.start({ env: { WAYBILL_PUBLISH_QUEUE: '2', ...env } });
    const log = server.app.get(MessageLog, { strict: false });
    const gate = Promise.withResolvers<void>();
    const append = log.append.bind(log);
    vi.spyOn(log, 'append').mockImplementation(async (drafts) => {
      await gate.promise;
      return append(drafts);
    });
    return { letGo: () => gate.resolve() };
  }

  async function connect(user: string): Promise<TestSocket> {
    const socket = await server.connect(user);
    sockets.push(socket);
    return socket;
  }

  const publish = (socket: TestSocket, n: number): void =>
    socket.send({ msg_id: `p-${n}`, action: 'topic.publish', data: { topic: 'full.a', action: 'note', data: n } });
  const replyTo = (socket: TestSocket, n: number): Promise<Readonly<Record<string, unknown>>> =>
    socket.find((frame) => frame['reply_to'] === `p-${n}`, PATIENCE.timeout);
  const serverSide = (user: string) => [...server.registry.all()].find((each) => each.facts.user === user);

  it('is not read and not judged for its pongs, and goes on in order when there is room', async () => {
    const { letGo } = await start({ WAYBILL_PING_INTERVAL_MS: '40', WAYBILL_PONG_TIMEOUT_MS: '200', WAYBILL_PUBLISH_PAUSE_MS: '60000' });
    const alice = await connect('alice');
    const bob = await connect('bob');
    for (let n = 1; n <= 3; n += 1) publish(alice, n);
    await vi.waitFor(() => expect(serverSide('alice')?.answers).toBe(false), PATIENCE);
    expect(serverSide('bob')?.answers).toBe(true);
    // What comes now stays in the kernel, whatever it is.
    const framesBefore = serverSide('alice')?.framesIn;
    alice.send({ msg_id: 'ping-1', action: 'ping' });
    publish(alice, 4);
    // Others are served meanwhile, for longer than a pong may take.
    const pinged = Promise.withResolvers<void>();
    let pings = 0;
    bob.socket.on('ping', () => {
      pings += 1;
      if (pings === 20) pinged.resolve();
    });
    await pinged.promise;
    expect((await bob.request('ping'))['code']).toBe('OK');
    expect([serverSide('alice')?.framesIn, serverSide('alice')?.state]).toEqual([framesBefore, 'open']);
    letGo();
    await Promise.all([1, 2, 3, 4].map((n) => replyTo(alice, n)));
    const replies = alice.frames.filter((frame) => frame['action'] === 'reply');
    expect(replies.map((frame) => frame['reply_to'])).toEqual(['p-1', 'p-2', 'p-3', 'ping-1', 'p-4']);
    expect(replies.flatMap((frame) => (frame['data'] as { seq?: number } | undefined)?.seq ?? [])).toEqual([1, 2, 3, 4]);
    expect(serverSide('alice')?.answers).toBe(true);
  });

  it('gets UNAVAILABLE with a time to wait when there was none in time, and is read again', async () => {
    const { letGo } = await start({ WAYBILL_PUBLISH_PAUSE_MS: '300' });
    const alice = await connect('alice');
    for (let n = 1; n <= 3; n += 1) publish(alice, n);
    await vi.waitFor(() => expect(serverSide('alice')?.answers).toBe(true), PATIENCE);
    await vi.waitFor(() => expect(server.telemetry.of('rateLimited')).toEqual([['publish_queue']]), PATIENCE);
    letGo();
    expect(await replyTo(alice, 3)).toMatchObject({ code: 'UNAVAILABLE', retry_after_ms: 1_000 });
    expect((await replyTo(alice, 2))['code']).toBe('OK');
    expect((await alice.request('ping'))['code']).toBe('OK');
  });

  it('may leave meanwhile', async () => {
    const { letGo } = await start({ WAYBILL_PUBLISH_PAUSE_MS: '60000' });
    const alice = await connect('alice');
    for (let n = 1; n <= 3; n += 1) publish(alice, n);
    await vi.waitFor(() => expect(serverSide('alice')?.answers).toBe(false), PATIENCE);
    serverSide('alice')?.close('NODE_DRAINING');
    expect((await alice.closed).code).toBe(1012);
    letGo();
    const bob = await connect('bob');
    publish(bob, 9);
    expect((await replyTo(bob, 9))['code']).toBe('OK');
  });
});
