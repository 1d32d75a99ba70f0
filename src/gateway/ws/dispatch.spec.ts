import { once } from 'node:events';
import { Module } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RawWebSocket, textFrameOf } from '../../../test/support/raw-websocket.js';
import { SocketServer } from '../../../test/support/socket-server.js';
import type { TestSocket } from '../../../test/support/socket.js';
import { requestContext } from '../../telemetry/request-context.js';
import { Barrier } from './barrier.js';
import type { CommandContext } from './command-context.js';
import type { Connection } from './connection.js';
import { NO_REPLY } from './handler-result.js';
import { NoDeadline } from './no-deadline.js';

/** A gate that a test opens. */
class Gate {
  open: () => void = () => undefined;
  readonly passed = new Promise<void>((resolve) => (this.open = resolve));
}

@WebSocketGateway()
class Probe {
  static log: string[] = [];
  static gates = new Map<string, Gate>();
  static signals: AbortSignal[] = [];

  static gate(name: string): Gate {
    const gate = Probe.gates.get(name) ?? new Gate();
    Probe.gates.set(name, gate);
    return gate;
  }

  @SubscribeMessage('test.wait')
  async wait(_connection: Connection, name: string, context: CommandContext): Promise<string> {
    Probe.log.push(`start ${name}`);
    Probe.signals.push(context.signal);
    context.afterReply(() => Probe.log.push(`after ${name}`));
    await Probe.gate(name).passed;
    Probe.log.push(`end ${name}`);
    return name;
  }

  @Barrier()
  @SubscribeMessage('test.barrier')
  barrier(connection: Connection, name: string, context: CommandContext): Promise<string> {
    return this.wait(connection, name, context);
  }

  @NoDeadline()
  @SubscribeMessage('test.patient')
  patient(connection: Connection, name: string, context: CommandContext): Promise<string> {
    return this.wait(connection, name, context);
  }

  @SubscribeMessage('test.quick')
  quick(_connection: Connection, name: string): string {
    Probe.log.push(`start ${name}`);
    return name;
  }

  @SubscribeMessage('test.silent')
  silent(): unknown {
    return NO_REPLY;
  }

  @SubscribeMessage('test.context')
  async context(): Promise<unknown> {
    await new Promise((resolve) => setImmediate(resolve));
    return requestContext.getStore();
  }

  @SubscribeMessage('test.cycle')
  cycle(): unknown {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    return circle;
  }
}

@Module({ providers: [Probe] })
class ProbeModule {}

describe('ordered dispatch', () => {
  let server: SocketServer;
  let socket: TestSocket;
  const replies = (): unknown[] => socket.frames.filter((frame) => frame['action'] === 'reply').map((frame) => frame['reply_to']);
  const send = (action: string, name: string): void => socket.send({ msg_id: name, action: `test.${action}`, data: name });

  beforeAll(async () => {
    server = await SocketServer.start({
      modules: [ProbeModule],
      env: { WAYBILL_HANDLER_TIMEOUT_MS: '300', WAYBILL_IN_FLIGHT_COMMANDS: '8', WAYBILL_RESUME_WAIT_MS: '0' },
    });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    Probe.log = [];
    Probe.gates.clear();
    Probe.signals = [];
    socket = await server.connect();
  });
  afterEach(async () => {
    for (const gate of Probe.gates.values()) gate.open();
    await socket.close();
    await expect.poll(() => server.registry.size).toBe(0);
  });

  it('starts handlers in arrival order and lets replies leave in that order, though the first is the slowest', async () => {
    send('patient', 'slow');
    for (const name of ['a', 'b', 'c']) send('quick', name);
    await expect.poll(() => Probe.log).toEqual(['start slow', 'start a', 'start b', 'start c']);
    expect(replies()).toEqual([]);
    Probe.gate('slow').open();
    await expect.poll(replies).toEqual(['slow', 'a', 'b', 'c']);
  });

  it('holds what comes after a barrier until its handler has finished', async () => {
    send('patient', 'before');
    send('barrier', 'wall');
    send('quick', 'behind');
    await expect.poll(() => Probe.log).toEqual(['start before', 'start wall']);
    const pong = once(socket.socket, 'pong');
    socket.socket.ping();
    await pong;
    expect(Probe.log).toEqual(['start before', 'start wall']);
    Probe.gate('wall').open();
    await expect.poll(() => Probe.log).toEqual(['start before', 'start wall', 'end wall', 'start behind']);
    Probe.gate('before').open();
    await expect.poll(replies).toEqual(['before', 'wall', 'behind']);
  });

  it('runs what was asked to follow a reply right behind it', async () => {
    send('wait', 'first');
    send('quick', 'second');
    Probe.gate('first').open();
    await expect.poll(replies).toEqual(['first', 'second']);
    expect(Probe.log.indexOf('after first')).toBeGreaterThan(Probe.log.indexOf('end first'));
  });

  it('answers DEADLINE_EXCEEDED for a handler that takes too long, aborts its signal, and goes on', async () => {
    send('barrier', 'late');
    send('quick', 'next');
    expect(await socket.find((frame) => frame['reply_to'] === 'late')).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(Probe.signals[0]?.aborted).toBe(true);
    await expect.poll(replies).toEqual(['late', 'next']);
    Probe.gate('late').open();
    await expect.poll(() => Probe.log).toContain('end late');
    await socket.request('test.quick', 'last');
    expect(replies()).toEqual(['late', 'next', 't-1']);
  });

  it('sets no deadline for a handler that has rules of its own', async () => {
    send('patient', 'publish-like');
    send('wait', 'ordinary');
    await expect.poll(() => Probe.signals[1]?.aborted).toBe(true);
    expect([Probe.signals[0]?.aborted, replies()]).toEqual([false, []]);
    Probe.gate('publish-like').open();
    expect(await socket.find((frame) => frame['reply_to'] === 'publish-like')).toMatchObject({ code: 'OK' });
    expect(await socket.find((frame) => frame['reply_to'] === 'ordinary')).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  it('aborts the signals of what is under way when the connection ends', async () => {
    const other = await server.connect('bob');
    other.send({ action: 'test.patient', data: 'unfinished' });
    await expect.poll(() => Probe.signals).toHaveLength(1);
    other.socket.terminate();
    await expect.poll(() => Probe.signals[0]?.aborted).toBe(true);
    Probe.gate('unfinished').open();
    await expect.poll(() => Probe.log).toContain('end unfinished');
    expect(Probe.log).not.toContain('after unfinished');
  });

  it('binds connection and user to the whole life of a handler', async () => {
    const { data } = await socket.request('test.context');
    expect(data).toMatchObject({ connectionId: server.only().id, user: 'alice' });
  });

  it('stops reading while too many commands are under way', async () => {
    for (let index = 0; index < 8; index += 1) send('patient', 'gate');
    await expect.poll(() => Probe.log).toHaveLength(8);
    send('quick', 'ninth');
    await new Promise((resolve) => socket.socket.ping('x', undefined, resolve));
    expect(server.only().answers).toBe(false);
    expect(Probe.log).toHaveLength(8);
    Probe.gate('gate').open();
    await expect.poll(replies).toHaveLength(9);
    expect(server.only().answers).toBe(true);
    expect(Probe.log).toContain('start ninth');
  });

  it('does not start more than may be under way when they come in one piece', async () => {
    const raw = await RawWebSocket.connect(server.port, server.token('bob'));
    raw.send(
      Buffer.concat(Array.from({ length: 50 }, (_, index) => textFrameOf({ msg_id: `m${index}`, action: 'test.patient', data: 'many' }))),
    );
    await expect.poll(() => Probe.log.length).toBe(8);
    Probe.gate('many').open();
    await raw.until(() => raw.texts.length === 51);
    expect(raw.texts.slice(1).map((frame) => frame['reply_to'])).toEqual(Array.from({ length: 50 }, (_, index) => `m${index}`));
    raw.socket.destroy();
  });

  it('can leave out a reply, and hides what cannot be written as one', async () => {
    send('silent', 'nothing');
    expect(await socket.request('test.cycle')).toMatchObject({ code: 'INTERNAL' });
    expect(replies()).toEqual(['t-1']);
  });

  it('closes a connection whose commands keep failing, after their replies, and nobody else’s', async () => {
    const other = await server.connect('bob');
    for (let count = 1; count <= 5; count += 1) expect(await socket.request('test.cycle')).toMatchObject({ code: 'INTERNAL' });
    expect(await socket.closed).toMatchObject({ code: 1011, reason: 'too many commands failed' });
    expect(await other.request('test.quick', 'still here')).toMatchObject({ code: 'OK' });
    await other.close();
  });

  it('answers thousands of quick commands sent at once without recursion', async () => {
    for (let index = 0; index < 3_000; index += 1) send('quick', `q${index}`);
    await expect.poll(replies, { timeout: 5_000 }).toHaveLength(3_000);
    expect(replies()).toEqual(Array.from({ length: 3_000 }, (_, index) => `q${index}`));
  });
});
