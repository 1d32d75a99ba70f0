import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CoreOptions, FaultyLog, MessagingCore, SeeingSubscriber, settle, STRANGER } from '../../test/support/messaging-core.js';
import { Refusal } from '../protocol/refusal.js';
import { userTopic } from '../protocol/topic-name.js';

const TOPIC = 'chat.1';
const live = { topic: TOPIC, since: undefined, ack: false };

async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  const refusal = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(refusal instanceof Refusal)) throw new Error(`not refused: ${String(refusal)}`);
  return refusal;
}

describe('subscriptions', () => {
  let core: MessagingCore;
  let alice: SeeingSubscriber;
  let epoch: string;

  async function open(options: CoreOptions = {}): Promise<void> {
    core = new MessagingCore(options);
    alice = new SeeingSubscriber('alice');
    epoch = (await core.log.ends([TOPIC]))[0]?.epoch ?? '';
  }

  async function reopen(options: CoreOptions): Promise<void> {
    await core.close();
    await open(options);
  }

  const log = (): FaultyLog => core.log as FaultyLog;
  const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

  function expectNoTrace(): void {
    expect(core.view.subscriptions()).toBe(0);
    expect(core.subscriptions.topicsOf(alice)).toEqual([]);
    for (const channel of core.hub.open()) expect([channel.holders, channel.fanOut.subscribers]).toEqual([0, 0]);
  }

  beforeEach(() => open());
  afterEach(() => core.close());

  describe('without a position', () => {
    it('answers the head and begins behind it', async () => {
      await core.publishMany(TOPIC, 3);
      const outcome = await core.subscriptions.subscribe(alice, live);
      expect(outcome).toMatchObject({ topic: TOPIC, epoch, head: 3, recovered: undefined, count: 0 });
      outcome.activate();
      await core.publish(TOPIC, 4);
      await settle();
      expect(alice.seqs).toEqual([4]);
    });

    it('holds what flows until it is activated', async () => {
      const outcome = await core.subscriptions.subscribe(alice, live);
      await core.publishMany(TOPIC, 3);
      await settle();
      expect(alice.frames).toEqual([]);
      outcome.activate();
      expect(alice.seqs).toEqual([1, 2, 3]);
      await core.publish(TOPIC, 4);
      await settle();
      expect(alice.seqs).toEqual([1, 2, 3, 4]);
    });

    it('reads from the log what is too much to hold, in pages, as the subscriber takes them', async () => {
      const outcome = await core.subscriptions.subscribe(alice, live);
      for (let round = 0; round < 12; round += 1) {
        await core.publishMany(TOPIC, 100);
        await settle(2);
      }
      alice.queuedBytes = 10_000_000;
      outcome.activate();
      await settle();
      expect(alice.frames).toEqual([]);
      alice.queuedBytes = 0;
      await core.publishMany(TOPIC, 10);
      await vi.waitFor(() => expect(alice.seqs).toEqual(range(1, 1210)), { timeout: 10_000 });
      await core.publish(TOPIC, 'live again');
      await settle();
      expect(alice.seqs).toEqual(range(1, 1211));
    });

    it('reads from the log what is too much to wait for its turn', async () => {
      await core.join(alice, TOPIC);
      await core.publishMany(TOPIC, 6_000);
      await vi.waitFor(() => expect(alice.seqs).toEqual(range(1, 6_000)), { timeout: 10_000 });
      expect(log().reads).toBeGreaterThan(0);
    });
  });

  describe('with a position', () => {
    beforeEach(() => core.publishMany(TOPIC, 10));

    it('pushes everything missed, marked as a replay, then live', async () => {
      const outcome = await core.subscriptions.subscribe(alice, { ...live, since: { epoch, seq: 4 } });
      expect(outcome).toMatchObject({ epoch, head: 10, recovered: true, count: 6 });
      await core.publishMany(TOPIC, 2);
      await settle();
      expect(alice.frames).toEqual([]);
      outcome.activate();
      expect(alice.seqs).toEqual(range(5, 12));
      expect(alice.batches[0]).toMatchObject({ frames: { length: 6 }, replay: true });
      expect(alice.batches[0]).not.toHaveProperty('origin');
      await core.publish(TOPIC, 13);
      await settle();
      expect(alice.seqs).toEqual(range(5, 13));
      expect(core.telemetry.of('recovered')).toEqual([['chat', 'recovered', 6]]);
    });

    it('merges what was read with what flowed meanwhile, without reading again', async () => {
      log().beforeRead = async () => {
        await core.publishMany(TOPIC, 3);
        await settle(2);
      };
      const outcome = await core.subscriptions.subscribe(alice, { ...live, since: { epoch, seq: 8 } });
      expect(outcome).toMatchObject({ head: 13, recovered: true, count: 5 });
      await core.publishMany(TOPIC, 2);
      await settle();
      outcome.activate();
      expect(alice.seqs).toEqual(range(9, 15));
      expect(log().reads).toBe(1);
    });

    it('begins in the epoch that the read found, without a reset of its own', async () => {
      log().beforeRead = async () => {
        await core.history.delete(TOPIC);
        await core.publishMany(TOPIC, 2);
        await settle(2);
      };
      const outcome = await core.subscriptions.subscribe(alice, { ...live, since: { epoch, seq: 8 } });
      log().beforeRead = () => Promise.resolve();
      expect(outcome).toMatchObject({ head: 2, recovered: false });
      expect(outcome.epoch).not.toBe(epoch);
      outcome.activate();
      await core.publish(TOPIC, 3);
      await settle();
      expect(alice.frames.map((frame) => frame.seq ?? frame.action)).toEqual([3]);
    });

    it('recovers nothing, truly, at the head, and without a read', async () => {
      const outcome = await core.join(alice, TOPIC, { epoch, seq: 10 });
      expect(outcome).toMatchObject({ head: 10, recovered: true, count: 0 });
      expect(log().reads).toBe(0);
    });

    it('recovers what the bus has not told yet', async () => {
      await core.join(new SeeingSubscriber('bob'), TOPIC);
      core.broker.pass = () => undefined;
      await core.publishMany(TOPIC, 3);
      await core.join(alice, TOPIC, { epoch, seq: 11 });
      expect(alice.seqs).toEqual([12, 13]);
      core.broker.pass = (_message, deliver) => deliver();
      await core.publish(TOPIC, 14);
      await settle();
      expect(alice.seqs).toEqual([12, 13, 14]);
    });

    it.each([
      ['another epoch', { epoch: 'past', seq: 4 }, {}],
      ['more messages than the limit', { seq: 4 }, { WAYBILL_RECOVERY_MESSAGES: '5' }],
      ['more bytes than the limit', { seq: 4 }, { WAYBILL_RECOVERY_BYTES: '5' }],
      ['recovery turned off', { seq: 9 }, { WAYBILL_RECOVERY_MESSAGES: '0' }],
    ])('answers not recovered, with the head and nothing partial: %s', async (_name, since, env) => {
      await reopen({ env });
      await core.publishMany(TOPIC, 10);
      const outcome = await core.join(alice, TOPIC, { epoch, ...since });
      expect(outcome).toMatchObject({ epoch, head: 10, recovered: false, count: 0 });
      await core.publish(TOPIC, 11);
      await settle();
      expect(alice.seqs).toEqual([11]);
      expect(core.telemetry.of('recovered')).toEqual([['chat', 'not_recovered', 0]]);
    });

    it.each([
      ['began anew, as after a restart', 'past', 0, 'memory_lost'],
      ['goes on, and has forgotten what was missed', undefined, 2, 'not_recovered'],
      ['goes on', undefined, 3, 'recovered'],
    ])('tells of a topic in memory that %s', async (_name, past, seq, result) => {
      await reopen({ file: { messaging: { namespaces: { chat: { durable: false, buffer_length: 2 } } } } });
      await core.publishMany(TOPIC, 4);
      const { epoch } = await core.publish(TOPIC, 5);
      const outcome = await core.join(alice, TOPIC, { epoch: past ?? epoch, seq });
      expect(outcome).toMatchObject({ epoch, head: 5, recovered: result === 'recovered' });
      expect(core.telemetry.of('recovered')).toEqual([['chat', result, result === 'recovered' ? 2 : 0]]);
    });

    it('takes a position beyond the head as a sign of a lost log, once for each topic, and tells everybody', async () => {
      await reopen({});
      await core.publishMany(TOPIC, 10);
      const bob = new SeeingSubscriber('bob');
      await core.join(bob, TOPIC);
      const outcome = await core.join(alice, TOPIC, { epoch, seq: 11 });
      expect(outcome).toMatchObject({ head: 10, recovered: false, count: 0 });
      expect(outcome.epoch).not.toBe(epoch);
      await core.publish(TOPIC, 11);
      await settle();
      expect(alice.seqs).toEqual([11]);
      expect(bob.of('topic.reset')).toHaveLength(1);
      // A liar has no second turn.
      const carol = new SeeingSubscriber('carol');
      expect(await core.join(carol, TOPIC, { epoch: outcome.epoch, seq: 99 })).toMatchObject({
        epoch: outcome.epoch,
        head: 11,
        recovered: false,
      });
    });

    it.each([
      [5, true],
      [6, true],
      [4, false],
    ])('judges expired history: since %i of a log that begins at 6 is recovered: %s', async (seq, recovered) => {
      await reopen({ file: { messaging: { namespaces: { chat: { history_length: 5 } } } } });
      await core.publishMany(TOPIC, 10);
      expect(await core.join(alice, TOPIC, { epoch, seq })).toMatchObject({ recovered });
    });

    it('recovers exactly the limit', async () => {
      await reopen({ env: { WAYBILL_RECOVERY_MESSAGES: '6' } });
      await core.publishMany(TOPIC, 10);
      expect(await core.join(alice, TOPIC, { epoch, seq: 4 })).toMatchObject({ recovered: true, count: 6 });
      expect(alice.seqs).toEqual(range(5, 10));
    });

    it('recovers ephemeral topics from their buffer', async () => {
      await reopen({ file: { messaging: { namespaces: { live: { durable: false, buffer_length: 4 } } } } });
      const bob = new SeeingSubscriber('bob');
      await core.join(bob, 'live.1');
      const [first] = await core.publishMany('live.1', 10);
      const position = { epoch: first?.epoch ?? '', seq: 7 };
      expect(await core.join(alice, 'live.1', position)).toMatchObject({ recovered: true, count: 3, head: 10 });
      expect(alice.seqs).toEqual([8, 9, 10]);
      expect(await core.join(new SeeingSubscriber('carol'), 'live.1', { ...position, seq: 5 })).toMatchObject({
        recovered: false,
        head: 10,
      });
    });
  });

  describe('again', () => {
    it('goes on where the new request says, without doubling', async () => {
      await core.join(alice, TOPIC);
      await core.publishMany(TOPIC, 3);
      await settle();
      const outcome = await core.subscriptions.subscribe(alice, { ...live, since: { epoch, seq: 3 } });
      await core.publishMany(TOPIC, 2);
      await settle();
      expect(alice.seqs).toEqual([1, 2, 3]);
      outcome.activate();
      await core.publish(TOPIC, 6);
      await settle();
      expect(alice.seqs).toEqual([1, 2, 3, 4, 5, 6]);
      expect(core.view.subscriptions()).toBe(1);
    });

    it('keeps the first subscription where recovery fails', async () => {
      await reopen({ env: { WAYBILL_RECENT_MESSAGES: '0' } });
      await core.join(alice, TOPIC);
      await core.publishMany(TOPIC, 2);
      await settle();
      log().beforeRead = async () => {
        await core.publish(TOPIC, 3);
        throw new Refusal('UNAVAILABLE', 'away');
      };
      await refusalOf(core.subscriptions.subscribe(alice, { ...live, since: { epoch, seq: 1 } }));
      log().beforeRead = () => Promise.resolve();
      await core.publish(TOPIC, 4);
      await settle();
      expect(alice.seqs).toEqual([1, 2, 3, 4]);
    });

    it('tells every hole of a page that it catches up by, and none of it counts as given', async () => {
      const outcome = await core.subscriptions.subscribe(alice, live);
      // More than is held for a subscriber that waits: the rest is read.
      await core.publishMany(TOPIC, 2_000);
      await settle(20);
      const lost = new Set([1_500, 1_501, 1_700]);
      log().changePage = (page) => ({ ...page, messages: page.messages.filter(({ seq }) => !lost.has(seq)) });
      outcome.activate();
      await expect.poll(() => alice.seqs.at(-1)).toBe(2_000);
      expect(alice.of('topic.gap').map(({ data }) => data)).toEqual([
        { topic: TOPIC, from: 1_500, to: 1_501, reason: 'lost' },
        { topic: TOPIC, from: 1_700, to: 1_700, reason: 'lost' },
      ]);
      expect(alice.seqs).toHaveLength(1_997);
      expect(core.subscriptions.exceptionsOf(alice, TOPIC)).toEqual([
        { from: 1_500, to: 1_501, reason: 'lost' },
        { from: 1_700, to: 1_700, reason: 'lost' },
      ]);
    });

    it('lets only the latest activate', async () => {
      const first = await core.subscriptions.subscribe(alice, live);
      const second = await core.subscriptions.subscribe(alice, live);
      await core.publish(TOPIC, 1);
      await settle();
      first.activate();
      expect(alice.frames).toEqual([]);
      second.activate();
      second.activate();
      expect(alice.seqs).toEqual([1]);
    });

    it('refuses a second subscribe while the first is under way', async () => {
      const first = core.subscriptions.subscribe(alice, live);
      expect((await refusalOf(core.subscriptions.subscribe(alice, live))).code).toBe('BAD_REQUEST');
      await first;
    });
  });

  describe('rights and limits', () => {
    it('names the rule that refused', async () => {
      alice.principal = STRANGER;
      const refusal = await refusalOf(core.subscriptions.subscribe(alice, live));
      expect(refusal).toMatchObject({ code: 'PERMISSION_DENIED' });
      expect(refusal.rule).toBeTruthy();
      expect(refusal.message).toContain(refusal.rule);
      expect(core.telemetry.of('subscribed')).toEqual([['chat', 'PERMISSION_DENIED']]);
      expectNoTrace();
    });

    it('bounds the topics of a connection, server topics not counted', async () => {
      await reopen({ env: { WAYBILL_TOPICS_PER_CONNECTION: '2' } });
      await core.join(alice, '$all');
      await core.join(alice, userTopic('alice'));
      await core.join(alice, 'chat.1');
      await core.join(alice, 'chat.2');
      expect(await refusalOf(core.subscriptions.subscribe(alice, { ...live, topic: 'chat.3' }))).toMatchObject({ code: 'LIMIT_EXCEEDED' });
      await core.join(alice, 'chat.2');
      core.subscriptions.unsubscribe(alice, 'chat.1');
      await core.join(alice, 'chat.3');
    });

    it('drops on a recheck what the new principal may not have', async () => {
      await core.join(alice, TOPIC);
      await core.join(alice, '$all');
      alice.principal = STRANGER;
      const dropped = core.subscriptions.recheck(alice);
      expect(dropped.map(({ topic, refusal }) => [topic, refusal.code])).toEqual([[TOPIC, 'PERMISSION_DENIED']]);
      await core.publish(TOPIC, 1);
      await core.publish('$all', 2);
      await settle();
      expect(alice.frames.map((frame) => frame.topic)).toEqual(['$all']);
    });
  });

  describe('acknowledgements', () => {
    it('count once, cumulatively, up to what was offered', async () => {
      await core.join(alice, TOPIC);
      await core.publishMany(TOPIC, 5);
      await settle();
      for (const seq of [2, 1, 2, 5]) core.subscriptions.acknowledge(alice, TOPIC, seq);
      expect(core.telemetry.of('acknowledged')).toEqual([
        ['chat', 2],
        ['chat', 3],
      ]);
      expect(() => core.subscriptions.acknowledge(alice, TOPIC, 6)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST', field: 'seq' }));
      expect(() => core.subscriptions.acknowledge(alice, 'chat.9', 1)).toThrow(
        expect.objectContaining({ code: 'BAD_REQUEST', field: 'topic' }),
      );
    });

    it('count recovered messages, and begin again after a reset', async () => {
      await core.publishMany(TOPIC, 3);
      await core.join(alice, TOPIC, { epoch, seq: 0 });
      core.subscriptions.acknowledge(alice, TOPIC, 3);
      await core.history.delete(TOPIC);
      await core.publishMany(TOPIC, 2);
      await settle();
      // An old one would look like this.
      core.subscriptions.acknowledge(alice, TOPIC, 1);
      core.subscriptions.acknowledge(alice, TOPIC, 2, epoch);
      core.subscriptions.acknowledge(alice, TOPIC, 2, core.hub.find(TOPIC)?.epoch);
      expect(core.telemetry.of('acknowledged')).toEqual([
        ['chat', 3],
        ['chat', 2],
      ]);
      expect(() => core.subscriptions.acknowledge(alice, TOPIC, 3)).toThrow('has not been sent');
    });
  });

  describe('the end', () => {
    it('offers nothing more after an unsubscribe', async () => {
      await core.join(alice, TOPIC);
      const published = core.publish(TOPIC, 1);
      await published;
      expect(core.subscriptions.unsubscribe(alice, TOPIC)).toBe(true);
      expect(core.subscriptions.unsubscribe(alice, TOPIC)).toBe(false);
      await settle();
      expect(alice.frames).toEqual([]);
      expectNoTrace();
      expect(core.telemetry.of('unsubscribed')).toEqual([['chat']]);
    });

    it.each([0, 1, 2, 3, 4, 5, 6, 8])('leaks nothing where the connection closes %i turns into a subscribe', async (turns) => {
      await core.publishMany(TOPIC, 5);
      log().beforeRead = async () => {
        await turn();
        await turn();
      };
      const subscribing = core.subscriptions.subscribe(alice, { ...live, since: { epoch, seq: 1 } }).catch((error: unknown) => error);
      for (let count = 0; count < turns; count += 1) await turn();
      core.subscriptions.closeAll(alice);
      const outcome = await subscribing;
      if (!(outcome instanceof Error)) (outcome as { activate(): void }).activate();
      await core.publish(TOPIC, 6);
      await settle();
      expect(alice.frames).toEqual([]);
      expectNoTrace();
      const begun = core.telemetry.of('subscribed').filter(([, result]) => result === 'OK').length;
      expect(core.telemetry.of('unsubscribed')).toHaveLength(begun);
      if (begun === 0) expect(await core.presence.list(alice.principal, TOPIC)).toMatchObject({ connections: 0 });
    });

    it('leaves nobody present where the connection closes as it enters', async () => {
      const enter = core.presence.enter.bind(core.presence);
      vi.spyOn(core.presence, 'enter').mockImplementation(async (topic, subscriber) => {
        const leave = await enter(topic, subscriber);
        core.subscriptions.closeAll(alice);
        return leave;
      });
      expect((await refusalOf(core.subscriptions.subscribe(alice, live))).code).toBe('UNAVAILABLE');
      await settle();
      expect(await core.presence.list(alice.principal, TOPIC)).toMatchObject({ connections: 0 });
      expectNoTrace();
    });

    it('takes no subscribe of a connection that has ended', async () => {
      core.subscriptions.closeAll(alice);
      expect((await refusalOf(core.subscriptions.subscribe(alice, live))).code).toBe('UNAVAILABLE');
      expectNoTrace();
    });

    it('refuses while the bus is away, leaks nothing, and works when it is back', async () => {
      core.broker.subscribeFault = new Refusal('UNAVAILABLE', 'the bus is away');
      expect((await refusalOf(core.subscriptions.subscribe(alice, live))).code).toBe('UNAVAILABLE');
      expect([...core.hub.open()]).toEqual([]);
      expectNoTrace();
      core.broker.subscribeFault = undefined;
      await core.join(alice, TOPIC);
      await core.publish(TOPIC, 1);
      await settle();
      expect(alice.seqs).toEqual([1]);
    });

    it('leaves the bus some time after the last subscriber, and not when one came back', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        await core.join(alice, TOPIC);
        core.subscriptions.unsubscribe(alice, TOPIC);
        await core.join(alice, TOPIC);
        await vi.advanceTimersByTimeAsync(5_000);
        expect([...core.broker.topics]).toEqual([TOPIC]);
        core.subscriptions.closeAll(alice);
        expect([...core.broker.topics]).toEqual([TOPIC]);
        await vi.advanceTimersByTimeAsync(5_000);
        expect([...core.broker.topics]).toEqual([]);
        expect([...core.hub.open()]).toEqual([]);
      } finally {
        vi.useRealTimers();
      }
    });
  });

  it('shows the live topics of this node', async () => {
    const bob = new SeeingSubscriber('bob');
    await core.publishMany('chat.2', 3);
    for (const topic of ['chat.1', 'chat.2', 'news']) await core.join(alice, topic);
    await core.join(bob, 'chat.2');
    expect([core.view.count(), core.view.subscriptions()]).toEqual([3, 4]);
    expect(core.view.list({ sort: '-subscribers', limit: 2 }).map(({ topic, subscribers, head }) => [topic, subscribers, head])).toEqual([
      ['chat.2', 2, 3],
      ['chat.1', 1, 0],
    ]);
    expect(core.view.list({ prefix: 'chat', offset: 1, limit: 5 }).map(({ topic }) => topic)).toEqual(['chat.2']);
  });
});
