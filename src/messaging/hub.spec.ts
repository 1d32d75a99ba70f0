import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CoreOptions, FaultyLog, MessagingCore, SeeingSubscriber, settle } from '../../test/support/messaging-core.js';
import { MemoryBus } from '../broker/memory-bus.js';
import type { TopicEnds } from './message-log.js';
import type { Message } from './message.js';

const TOPIC = 'chat.1';

describe('hub', () => {
  let core: MessagingCore;
  let alice: SeeingSubscriber;

  async function open(options: CoreOptions = {}): Promise<void> {
    core = new MessagingCore(options);
    alice = new SeeingSubscriber('alice');
  }

  /** Holds every bus message back and answers them. */
  function holdBus(): { message: Message; deliver: () => void }[] {
    const held: { message: Message; deliver: () => void }[] = [];
    core.broker.pass = (message, deliver) => void held.push({ message, deliver });
    return held;
  }

  const log = (): FaultyLog => core.log as FaultyLog;

  beforeEach(() => open());
  afterEach(() => core.close());

  it('delivers in order, encoded once for all', async () => {
    const bob = new SeeingSubscriber('bob');
    await core.join(alice, TOPIC);
    await core.join(bob, TOPIC);
    await core.publishMany(TOPIC, 5);
    await settle();
    expect(alice.seqs).toEqual([1, 2, 3, 4, 5]);
    expect(bob.batches.map((batch) => batch.bytes)).toEqual(alice.batches.map((batch) => batch.bytes));
    expect(bob.batches[0]?.bytes).toBe(alice.batches[0]?.bytes);
  });

  it('gathers what a topic publishes within one turn into one buffer that says what it holds', async () => {
    await core.join(alice, TOPIC);
    await core.publishMany(TOPIC, 5);
    await settle();
    expect(alice.batches).toHaveLength(1);
    expect(alice.batches[0]?.frames.map(({ live }) => live)).toEqual(
      [1, 2, 3, 4, 5].map((seq) => ({ topic: TOPIC, namespace: 'chat', epoch: alice.frames[0]?.epoch, seq, slow: 'disconnect' })),
    );
  });

  it('drops what comes twice or late', async () => {
    const held = holdBus();
    await core.join(alice, TOPIC);
    await core.publishMany(TOPIC, 3);
    for (const index of [0, 1, 0, 2, 1, 2]) held[index]?.deliver();
    await settle();
    expect(alice.seqs).toEqual([1, 2, 3]);
    expect(log().reads).toBe(0);
  });

  it('puts a message that came too early in its place without reading', async () => {
    await core.close();
    await open({ env: { WAYBILL_HEAL_DELAY_MS: '5000' } });
    const held = holdBus();
    await core.join(alice, TOPIC);
    await core.publishMany(TOPIC, 4);
    for (const index of [3, 1, 0]) held[index]?.deliver();
    await settle();
    expect(alice.seqs).toEqual([1, 2]);
    held[2]?.deliver();
    await settle();
    expect(alice.seqs).toEqual([1, 2, 3, 4]);
    expect(log().reads).toBe(0);
  });

  it('reads a hole from the log, bounded by what came behind it', async () => {
    const held = holdBus();
    await core.join(alice, TOPIC);
    await core.publishMany(TOPIC, 6);
    for (const index of [0, 4, 5]) held[index]?.deliver();
    await settle();
    expect(alice.seqs).toEqual([1, 2, 3, 4, 5, 6]);
    expect(log().ranges).toMatchObject([{ after: 1, before: 5 }]);
    expect(core.telemetry.of('gap')).toEqual([['bus_loss', 'server']]);
  });

  it('keeps trying while the log cannot be read, and loses nothing', async () => {
    const held = holdBus();
    await core.join(alice, TOPIC);
    await core.publishMany(TOPIC, 3);
    let failures = 2;
    log().beforeRead = () => (failures-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve());
    held[2]?.deliver();
    await vi.waitFor(() => expect(alice.seqs).toEqual([1, 2, 3]));
    expect(log().reads).toBe(3);
  });

  it('tells every subscriber of a hole that retention has taken', async () => {
    await core.close();
    await open({ file: { messaging: { namespaces: { chat: { history_length: 2 } } } } });
    const held = holdBus();
    await core.join(alice, TOPIC);
    await core.publishMany(TOPIC, 8);
    held[7]?.deliver();
    await settle();
    expect(alice.of('topic.gap').map((frame) => frame.data)).toEqual([{ topic: TOPIC, from: 1, to: 6, reason: 'retention' }]);
    expect(alice.seqs).toEqual([7, 8]);
    expect(core.telemetry.of('dropped')).toEqual([['heal_failed', 6]]);
  });

  it('gives up what the log does not have, and goes on behind it', async () => {
    await core.join(alice, TOPIC);
    const held = holdBus();
    await core.publishMany(TOPIC, 3);
    log().changePage = (page) => ({ ...page, messages: page.messages.filter((message) => message.seq !== 2) });
    held[0]?.deliver();
    held[2]?.deliver();
    await settle();
    expect(alice.frames.map((frame) => frame.seq ?? frame.data)).toEqual([1, { topic: TOPIC, from: 2, to: 2, reason: 'lost' }, 3]);
  });

  it('gives up only what was known to exist when the read began', async () => {
    await core.join(alice, TOPIC);
    const held = holdBus();
    await core.publish(TOPIC, 1);
    log().changePage = (page) => ({ ...page, messages: page.messages.filter((message) => message.seq !== 1) });
    await core.hub.verify(TOPIC);
    let release: () => void = () => undefined;
    log().afterRead = () => new Promise((resolve) => (release = resolve));
    await vi.waitFor(() => expect(log().reads).toBe(1));
    await core.publishMany(TOPIC, 2);
    held[2]?.deliver();
    await settle(2);
    log().afterRead = () => Promise.resolve();
    release();
    await settle();
    expect(alice.frames.map((frame) => frame.seq ?? frame.data)).toEqual([{ topic: TOPIC, from: 1, to: 1, reason: 'lost' }, 2, 3]);
  });

  it('finds a lost tail by comparing heads', async () => {
    await core.close();
    await open({ env: { WAYBILL_HEAD_SWEEP_MS: '20' } });
    await core.join(alice, TOPIC);
    core.broker.pass = () => undefined;
    await core.publishMany(TOPIC, 3);
    await vi.waitFor(() => expect(alice.seqs).toEqual([1, 2, 3]));
  });

  it('notices that the log is behind what it delivered, and tells every topic', async () => {
    await core.close();
    await open({ env: { WAYBILL_HEAD_SWEEP_MS: '20' } });
    const bob = new SeeingSubscriber('bob');
    await core.join(alice, TOPIC);
    await core.join(bob, 'chat.2');
    await core.publishMany(TOPIC, 5);
    await settle();
    const [before] = await log().ends([TOPIC]);
    log().loseAfter(TOPIC, 3);
    await vi.waitFor(() => expect(alice.of('topic.reset')).toHaveLength(1));
    await vi.waitFor(() => expect(bob.of('topic.reset')).toHaveLength(1));
    const receipt = await core.publish(TOPIC, 'after');
    expect(receipt.seq).toBe(4);
    expect(receipt.epoch).not.toBe(before?.epoch);
    await vi.waitFor(() => expect(alice.seqs.at(-1)).toBe(4));
  });

  it('goes on sweeping after a failed read of heads', async () => {
    await core.close();
    await open({ env: { WAYBILL_HEAD_SWEEP_MS: '10' } });
    await core.join(alice, TOPIC);
    core.broker.pass = () => undefined;
    const ends = vi.spyOn(log(), 'ends').mockRejectedValueOnce(new Error('away'));
    await core.publish(TOPIC, 1);
    await vi.waitFor(() => expect(alice.seqs).toEqual([1]));
    expect(ends.mock.calls.length).toBeGreaterThan(1);
  });

  it('starts again when the topic was deleted, and ignores what is left of its past', async () => {
    const held = holdBus();
    await core.join(alice, TOPIC);
    await core.publishMany(TOPIC, 2);
    held[0]?.deliver();
    await settle();
    await core.history.delete(TOPIC);
    const { endsRead } = log();
    held[1]?.deliver();
    await settle(2);
    expect(log().endsRead).toBe(endsRead);
    await core.publish(TOPIC, 'new');
    held[2]?.deliver();
    await settle();
    expect(alice.frames.map((frame) => [frame.action, frame.seq])).toEqual([
      ['message', 1],
      ['topic.reset', undefined],
      ['message', 1],
    ]);
    const [old, reset, message] = alice.frames;
    expect(reset?.data).toEqual({ topic: TOPIC, epoch: message?.epoch });
    expect(message?.epoch).not.toBe(old?.epoch);
  });

  it('notices a reset by the first message of another epoch', async () => {
    await core.join(alice, TOPIC);
    await core.publish(TOPIC, 1);
    await settle();
    await log().delete(TOPIC);
    await core.publishMany(TOPIC, 3);
    await settle();
    expect(alice.frames.map((frame) => frame.seq ?? frame.action)).toEqual([1, 'topic.reset', 1, 2, 3]);
  });

  it.each(['a reset', 'the start'])('does not go back to what a read shows that began before %s', async (event) => {
    if (event === 'a reset') await core.join(alice, TOPIC);
    await core.publish(TOPIC, 1);
    const joined = event === 'a reset' ? undefined : core.join(alice, TOPIC);
    const beginning = core.hub.find(TOPIC)?.beginning ?? -1;
    const [stale] = await core.log.ends([TOPIC]);
    await log().delete(TOPIC);
    await core.hub.verify(TOPIC);
    await joined;
    expect(core.hub.find(TOPIC)?.observe(stale as TopicEnds, beginning)).toBe(false);
    const receipt = await core.publish(TOPIC, 'new');
    await settle();
    expect(alice.frames.at(-1)).toMatchObject({ epoch: receipt.epoch, seq: 1, data: 'new' });
  });

  it('names as a gap what of a new epoch is too much to push', async () => {
    await core.close();
    await open({ env: { WAYBILL_RECOVERY_MESSAGES: '2' } });
    await core.join(alice, TOPIC);
    core.broker.pass = () => undefined;
    await core.publish(TOPIC, 0);
    await log().delete(TOPIC);
    await core.publishMany(TOPIC, 5);
    await core.hub.verify(TOPIC);
    core.broker.pass = (_message, deliver) => deliver();
    await core.publish(TOPIC, 6);
    await settle();
    expect(alice.frames.map((frame) => frame.seq ?? frame.action)).toEqual(['topic.reset', 'topic.gap', 6]);
    expect(alice.of('topic.gap')[0]?.data).toEqual({ topic: TOPIC, from: 1, to: 5, reason: 'reset' });
  });

  it('fills an ephemeral hole from the buffer, and tells of what the buffer has passed', async () => {
    await core.close();
    const bus = new MemoryBus();
    await open({ bus, file: { messaging: { namespaces: { live: { durable: false, buffer_length: 3 } } } } });
    await core.join(alice, 'live.1');
    const send = bus.send.bind(bus);
    bus.send = () => undefined;
    await core.publishMany('live.1', 9);
    bus.send = send;
    await core.publish('live.1', 10);
    await settle();
    expect(alice.frames.map((frame) => frame.seq ?? frame.data)).toEqual([{ topic: 'live.1', from: 1, to: 7, reason: 'buffer' }, 8, 9, 10]);
  });

  it('tells telemetry what became of every message, once per message', async () => {
    const slow = new SeeingSubscriber('slow');
    const gone = new SeeingSubscriber('gone');
    [slow.result, gone.result] = ['queued', 'closed'];
    for (const subscriber of [alice, slow, gone]) await core.join(subscriber, TOPIC);
    await core.publishMany(TOPIC, 2);
    await settle();
    const counts = { matched: 3, written: 1, queued: 1, dropped: 0, notWritten: 1 };
    expect(core.telemetry.of('deliver.delivered')).toEqual([[counts], [counts]]);
    expect(core.telemetry.of('deliver').map(([start]) => (start as { seq: number }).seq)).toEqual([1, 2]);
  });

  it('delivers to several nodes on one bus', async () => {
    await core.close();
    const bus = new MemoryBus();
    await open({ bus });
    const other = new MessagingCore({ bus, log: () => core.log });
    const bob = new SeeingSubscriber('bob');
    await core.join(alice, TOPIC);
    await other.join(bob, TOPIC);
    await Promise.all([core.publishMany(TOPIC, 10), other.publishMany(TOPIC, 10)]);
    await settle();
    const all = Array.from({ length: 20 }, (_, index) => index + 1);
    expect([alice.seqs, bob.seqs]).toEqual([all, all]);
    await other.close();
  });

  it('goes on when a subscriber is defective', async () => {
    const bob = new SeeingSubscriber('bob');
    await core.join(alice, TOPIC);
    await core.join(bob, TOPIC);
    alice.offer = () => {
      throw new Error('defect');
    };
    await core.publish(TOPIC, 1);
    await settle();
    expect(bob.seqs).toEqual([1]);
  });

  it('yields between slices of a large fan-out and keeps its order, whoever comes and goes meanwhile', async () => {
    const many = Array.from({ length: 300 }, (_, index) => new SeeingSubscriber(`c${index}`));
    for (const subscriber of many) await core.join(subscriber, TOPIC);
    const late = new SeeingSubscriber('late');
    const slowly = many[10] as SeeingSubscriber;
    const offer = slowly.offer.bind(slowly);
    slowly.offer = (batch) => {
      const until = performance.now() + 8;
      while (performance.now() < until);
      return offer(batch);
    };
    const published = core.publish(TOPIC, 0);
    let turns = 0;
    while ((many[0] as SeeingSubscriber).frames.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect((many[299] as SeeingSubscriber).frames).toHaveLength(0);
    core.subscriptions.unsubscribe(many[299] as SeeingSubscriber, TOPIC);
    core.subscriptions.unsubscribe(many[0] as SeeingSubscriber, TOPIC);
    const joined = core.join(late, TOPIC);
    // Paused between the two slices: one has had the first message, the other has not.
    for (const index of [5, 290])
      (await core.subscriptions.subscribe(many[index] as SeeingSubscriber, { topic: TOPIC, since: undefined, ack: false })).activate();
    await core.publishMany(TOPIC, 200);
    while ((many[298] as SeeingSubscriber).seqs.length < 201 && turns < 200) {
      turns += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await published;
    await joined;
    const all = Array.from({ length: 201 }, (_, index) => index + 1);
    for (const subscriber of many.slice(1, 299)) expect(subscriber.seqs).toEqual(all);
    expect((many[299] as SeeingSubscriber).frames).toHaveLength(0);
    expect((many[0] as SeeingSubscriber).seqs).toEqual([1]);
    expect(late.seqs).toEqual(all.slice(1));
    expect(core.view.subscriptions()).toBe(299);
  });
});
