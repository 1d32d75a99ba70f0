import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Broker } from '../../src/messaging/broker.js';
import type { Draft, Message } from '../../src/messaging/message.js';

/** Two nodes on one bus. */
export interface BrokersUnderTest {
  readonly first: Broker;
  readonly second: Broker;
  /** By how much the times that they tell each other may be off, in milliseconds; absent: not at all. */
  clockErrorMs?(): number;
  close(): Promise<void>;
}

let made = 0;

function draftOf(topic: string, values: Partial<Draft> = {}): Draft {
  made += 1;
  return {
    topic,
    msgId: `m${made}`,
    publisher: 'alice',
    action: 'note.added',
    dataText: `{"n":${made}}`,
    timestamp: 1_700_000_000_000 + made,
    clientTimestamp: undefined,
    door: 'socket',
    trace: undefined,
    ...values,
  };
}

function messageOf(topic: string, seq: number, values: Partial<Draft> = {}): Message {
  return { ...draftOf(topic, values), epoch: 'e1', seq };
}

const rising = (left: number, right: number): number => left - right;
/** In rising order: a bus promises none. */
const seqsOf = (messages: readonly Message[]): readonly number[] => messages.map((message) => message.seq).toSorted(rising);

/** What every bus promises; each adapter runs it. */
export function describeBroker(name: string, open: () => Promise<BrokersUnderTest>): void {
  describe(`${name} as a broker`, () => {
    let under: BrokersUnderTest;
    let atFirst: Message[];
    let atSecond: Message[];

    beforeEach(async () => {
      under = await open();
      atFirst = [];
      atSecond = [];
      under.first.listen((message) => atFirst.push(message));
      under.second.listen((message) => atSecond.push(message));
    });

    afterEach(() => under.close());

    it('brings a message, whole, to every node that is subscribed', async () => {
      await under.first.subscribe('t.1');
      await under.second.subscribe('t.1');
      const message = messageOf('t.1', 1, {
        dataText: '{"big":12345678901234567890,"s":"\\ud800\\u0000"}',
        trace: 'a-b',
        clientTimestamp: 7,
      });
      await under.first.publish(message);
      await vi.waitFor(() => expect([atFirst, atSecond]).toEqual([[message], [message]]));
    });

    it('says how long each message took from the hand of its publisher', async () => {
      const lags: (number | undefined)[] = [];
      under.second.listen((_message, lagMs) => lags.push(lagMs));
      await under.second.subscribe('t.1');
      const startedAt = performance.now();
      const published = under.first.publish(messageOf('t.1', 1));
      // The event loop stands still: what was handed over meanwhile is late by that much.
      while (performance.now() - startedAt < 30);
      await published;
      await vi.waitFor(() => expect(lags).toHaveLength(1));
      const errorMs = under.clockErrorMs?.() ?? 0;
      expect(lags[0]).toBeGreaterThanOrEqual(25 - errorMs);
      expect(lags[0]).toBeLessThan(performance.now() - startedAt + 5 + errorMs);
    });

    it('knows whether it can tell the others, and is told', async () => {
      expect([under.first.isConnected('publish'), under.first.isConnected('subscribe')]).toEqual([true, true]);
      await under.first.close();
      expect([under.first.isConnected('publish'), under.first.isConnected('subscribe')]).toEqual([false, false]);
      expect(under.second.isConnected('publish')).toBe(true);
    });

    it('never calls the listener within the publish', async () => {
      await under.first.subscribe('t.1');
      const published = under.first.publish(messageOf('t.1', 1));
      expect(atFirst).toEqual([]);
      await published;
      await vi.waitFor(() => expect(atFirst).toHaveLength(1));
    });

    it('brings nothing of topics a node is not subscribed to, or no longer', async () => {
      await under.first.subscribe('t.1');
      await under.first.subscribe('t.2');
      await under.first.unsubscribe('t.2');
      await under.second.publish(messageOf('t.2', 1));
      await under.second.publish(messageOf('t.3', 1));
      await under.second.publish(messageOf('t.1', 1));
      await vi.waitFor(() => expect(atFirst.map((message) => message.topic)).toEqual(['t.1']));
      expect(atSecond).toEqual([]);
    });

    it('sequences ephemeral messages over all nodes and delivers what it sequenced', async () => {
      await under.first.subscribe('live.1');
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 ? under.first : under.second).publishEphemeral(draftOf('live.1'), 100)),
      );
      const seqs = outcomes.map((outcome) => (outcome.kind === 'stored' ? outcome.position.seq : -1));
      expect(seqs.toSorted(rising)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      await vi.waitFor(() => expect(seqsOf(atFirst)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1)));
    });

    it('keeps a short buffer of ephemeral messages, and says where it begins', async () => {
      for (let index = 0; index < 5; index += 1) await under.first.publishEphemeral(draftOf('live.1'), 3);
      const page = await under.second.readEphemeral('live.1', { after: 0, limit: 10 });
      expect(page).toMatchObject({ head: 5, floor: 2 });
      expect(page.messages.map((message) => message.seq)).toEqual([3, 4, 5]);
      expect(await under.second.endsEphemeral('live.1')).toEqual({ epoch: page.epoch, head: 5, floor: 2 });
    });

    it.each([
      ['after', { after: 2, limit: 2 }, [3, 4]],
      ['before alone: the highest', { before: 5, limit: 2 }, [3, 4]],
      ['between', { after: 1, before: 4, limit: 10 }, [2, 3]],
      ['neither: the lowest', { limit: 2 }, [1, 2]],
      ['bytes, at least one', { after: 0, limit: 10, maxBytes: 1 }, [1]],
      ['past the head', { after: 9, limit: 10 }, []],
    ])('reads the buffer by range: %s', async (_name, range, expected) => {
      for (let index = 0; index < 5; index += 1) await under.first.publishEphemeral(draftOf('live.1'), 10);
      const page = await under.first.readEphemeral('live.1', range);
      expect(page.messages.map((message) => message.seq)).toEqual(expected);
    });

    it('keeps no buffer where its length is 0', async () => {
      await under.first.publishEphemeral(draftOf('live.1'), 0);
      expect(await under.first.readEphemeral('live.1', { after: 0, limit: 10 })).toMatchObject({ head: 1, floor: 1, messages: [] });
    });

    it('knows a repeated ephemeral msg_id of the same publisher while it is buffered', async () => {
      await under.first.subscribe('live.1');
      const draft = draftOf('live.1', { msgId: 'x' });
      const first = await under.first.publishEphemeral(draft, 2);
      expect(first.kind).toBe('stored');
      expect(await under.second.publishEphemeral(draft, 2)).toMatchObject({
        kind: 'duplicate',
        position: { seq: 1 },
        timestamp: draft.timestamp,
      });
      expect(await under.first.publishEphemeral({ ...draft, dataText: '2' }, 2)).toMatchObject({ kind: 'conflict', position: { seq: 1 } });
      expect(await under.first.publishEphemeral({ ...draft, publisher: 'bob' }, 2)).toMatchObject({ kind: 'stored', position: { seq: 2 } });
      await under.first.publishEphemeral(draftOf('live.1'), 2);
      expect(await under.first.publishEphemeral(draft, 2)).toMatchObject({ kind: 'stored', position: { seq: 4 } });
      await vi.waitFor(() => expect(seqsOf(atFirst)).toEqual([1, 2, 3, 4]));
    });

    it('keeps the epoch that a subscribed topic had while it was empty', async () => {
      await under.first.subscribe('live.1');
      const before = await under.first.endsEphemeral('live.1');
      expect(before).toMatchObject({ head: 0, floor: 0 });
      await under.first.publishEphemeral(draftOf('live.9'), 1);
      await under.first.deleteEphemeral('live.9');
      const outcome = await under.second.publishEphemeral(draftOf('live.1'), 1);
      expect(outcome).toEqual({ kind: 'stored', position: { epoch: before.epoch, seq: 1 } });
    });

    it('begins a deleted ephemeral topic again in another epoch', async () => {
      const first = await under.first.publishEphemeral(draftOf('live.1'), 1);
      expect(await under.second.deleteEphemeral('live.1')).toBe(true);
      expect(await under.second.deleteEphemeral('live.1')).toBe(false);
      const ends = await under.first.endsEphemeral('live.1');
      const again = await under.first.publishEphemeral(draftOf('live.1'), 1);
      expect(again).toEqual({ kind: 'stored', position: { epoch: ends.epoch, seq: 1 } });
      expect(ends.epoch).not.toBe(first.kind === 'stored' ? first.position.epoch : '');
    });

    it('lists ephemeral topics in name order, by pages', async () => {
      for (const topic of ['b.1', 'a.2', 'a.1', 'c']) await under.first.publishEphemeral(draftOf(topic, { timestamp: 42 }), 1);
      const names = async (page: { after?: string; prefix?: string; limit: number }) =>
        (await under.second.ephemeralTopics(page)).map(({ topic }) => topic);
      expect(await names({ limit: 3 })).toEqual(['a.1', 'a.2', 'b.1']);
      expect(await names({ after: 'a.2', limit: 9 })).toEqual(['b.1', 'c']);
      expect(await names({ prefix: 'a.', limit: 9 })).toEqual(['a.1', 'a.2']);
      expect((await under.first.ephemeralTopics({ limit: 1 }))[0]).toMatchObject({ topic: 'a.1', head: 1, floor: 0, lastAt: 42 });
    });
  });
}
