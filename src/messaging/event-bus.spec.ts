import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FaultyLog, MessagingCore, settle } from '../../test/support/messaging-core.js';
import type { ConnectionFacts } from '../telemetry/telemetry.js';

const FACTS: ConnectionFacts = { id: 'c1', ref: 'r1', user: 'alice', address: '127.0.0.1', client: undefined, handshake: undefined };

describe('event bus', () => {
  let core: MessagingCore;

  beforeEach(() => {
    core = new MessagingCore();
  });
  afterEach(() => core.close());

  it('gives listeners every message of a topic from then on, in order', async () => {
    await core.publish('chat.1', 'before');
    const seen: unknown[] = [];
    const stop = await core.eventBus.onTopic('chat.1', (message) => seen.push([message.seq, message.dataText]));
    await core.publishMany('chat.1', 2);
    await settle();
    expect(seen).toEqual([
      [2, '0'],
      [3, '1'],
    ]);
    stop();
    stop();
    await core.publish('chat.1', 'after');
    await settle();
    expect(seen).toHaveLength(2);
    expect([...core.hub.open()].map((channel) => channel.holders)).toEqual([0]);
  });

  it('gives them what the bus lost, too', async () => {
    const seen: number[] = [];
    await core.eventBus.onTopic('chat.1', (message) => seen.push(message.seq));
    core.broker.pass = () => undefined;
    await core.publishMany('chat.1', 3);
    core.broker.pass = (_message, deliver) => deliver();
    await core.publish('chat.1', 4);
    await settle();
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('isolates a listener that throws', async () => {
    const seen: number[] = [];
    await core.eventBus.onTopic('chat.1', () => {
      throw new Error('defect');
    });
    await core.eventBus.onTopic('chat.1', (message) => seen.push(message.seq));
    await core.publishMany('chat.1', 2);
    await settle();
    expect(seen).toEqual([1, 2]);
  });

  it('does not listen to a topic that cannot be opened, and keeps nothing of it', async () => {
    (core.log as FaultyLog).ends = () => Promise.reject(new Error('away'));
    await expect(core.eventBus.onTopic('chat.1', () => undefined)).rejects.toThrow('away');
    expect([...core.hub.open()]).toEqual([]);
  });

  it('tells of connections, to every listener that has not stopped', () => {
    const seen: string[] = [];
    core.eventBus.on('connection.opened', () => {
      throw new Error('defect');
    });
    const stop = core.eventBus.on('connection.opened', (facts) => seen.push(`1:${facts.id}`));
    core.eventBus.on('connection.opened', (facts) => seen.push(`2:${facts.id}`));
    core.eventBus.emit('connection.opened', FACTS);
    stop();
    core.eventBus.emit('connection.opened', FACTS);
    expect(seen).toEqual(['1:c1', '2:c1', '2:c1']);
  });
});
