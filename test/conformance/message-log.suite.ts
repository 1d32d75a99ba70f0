import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Config } from '../../src/config/config.js';
import type { Draft, Message } from '../../src/messaging/message.js';
import type { AppendOutcome, MessageLog } from '../../src/messaging/message-log.js';

/** One log, seen by two nodes. */
export interface LogUnderTest {
  readonly first: MessageLog;
  readonly second: MessageLog;
  /** Makes everything stored so far this much older. */
  age(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;

const CONFIG = Config.from(
  { WAYBILL_IDEMPOTENCY_HOURS: '24' },
  { messaging: { namespaces: { short: { history_length: 3, history_age_s: 0 }, brief: { history_age_s: 60 } } } },
);

let made = 0;

/** A draft that differs from every other one unless told otherwise. */
export function draftOf(topic: string, values: Partial<Draft> = {}): Draft {
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

const seqs = (messages: readonly Message[]): readonly number[] => messages.map((message) => message.seq);
const kinds = (outcomes: readonly AppendOutcome[]): readonly string[] => outcomes.map((outcome) => outcome.kind);
const positions = (outcomes: readonly AppendOutcome[]): readonly (number | undefined)[] =>
  outcomes.map((outcome) => (outcome.kind === 'refused' ? undefined : outcome.position.seq));

/** What every message log promises; each adapter runs it. */
export function describeMessageLog(name: string, open: (config: Config) => Promise<LogUnderTest>): void {
  describe(`${name} as a message log`, () => {
    let under: LogUnderTest;
    let log: MessageLog;
    let topics = 0;
    const newTopic = (namespace = 'room'): string => `${namespace}.t${(topics += 1)}`;

    beforeAll(async () => {
      under = await open(CONFIG);
      log = under.first;
    });
    afterAll(() => under.close());

    describe('append', () => {
      it('gives each topic its own rising seq, in the order of the call', async () => {
        const [one, two] = [newTopic(), newTopic()];
        const outcomes = await log.append([draftOf(two), draftOf(one), draftOf(two), draftOf(one), draftOf(two)]);
        expect(kinds(outcomes)).toEqual(['stored', 'stored', 'stored', 'stored', 'stored']);
        expect(positions(outcomes)).toEqual([1, 1, 2, 2, 3]);
        const next = await log.append([draftOf(one)]);
        expect(positions(next)).toEqual([3]);
      });

      it('answers nothing for nothing', async () => {
        expect(await log.append([])).toEqual([]);
      });

      it('keeps every field', async () => {
        const topic = newTopic();
        const draft = draftOf(topic, {
          clientTimestamp: 1_712_048_400_123.5,
          door: 'rest',
          trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
          publisher: 'Zoë 🦉',
        });
        const [outcome] = await log.append([draft]);
        const { epoch } = await log.read(topic, { limit: 1 });
        expect(outcome).toEqual({ kind: 'stored', position: { epoch, seq: 1 } });
        expect((await log.read(topic, { limit: 1 })).messages).toEqual([{ ...draft, epoch, seq: 1 }]);
      });

      it('leaves no holes and no doubles under eight concurrent appenders on two nodes', async () => {
        const shared = Array.from({ length: 5 }, () => newTopic());
        const told = new Map<string, Map<number, string>>(shared.map((topic) => [topic, new Map()]));
        const appender = async (node: MessageLog, publisher: string, turn: number): Promise<void> => {
          for (let round = 0; round < 12; round += 1) {
            const drafts = Array.from({ length: 15 }, (_, index) =>
              draftOf(shared[(index * (turn % 3) + round + turn) % shared.length] as string, { publisher }),
            );
            const outcomes = await node.append(drafts);
            outcomes.forEach((outcome, index) => {
              if (outcome.kind !== 'stored') throw new Error(`not stored: ${JSON.stringify(outcome)}`);
              const { topic, msgId } = drafts[index] as Draft;
              expect(told.get(topic)?.has(outcome.position.seq)).toBe(false);
              told.get(topic)?.set(outcome.position.seq, msgId);
            });
          }
        };
        await Promise.all(Array.from({ length: 8 }, (_, turn) => appender(turn % 2 === 0 ? under.first : under.second, `p${turn}`, turn)));
        for (const topic of shared) {
          const { head, messages } = await log.read(topic, { limit: 10_000 });
          expect(seqs(messages)).toEqual(Array.from({ length: head }, (_, index) => index + 1));
          expect(new Map(messages.map((message) => [message.seq, message.msgId]))).toEqual(told.get(topic));
          const byPublisher = Map.groupBy(messages, (message) => message.publisher);
          // Drafts are numbered as they are made, so each publisher's own order shows.
          for (const own of byPublisher.values())
            expect(own.map((message) => message.timestamp)).toEqual(own.map((message) => message.timestamp).toSorted((a, b) => a - b));
        }
      });

      it('never shows a seq before the lower ones', async () => {
        const topic = newTopic();
        let done = false;
        const writers = Promise.all(
          [under.first, under.second].map(async (node) => {
            for (let round = 0; round < 25; round += 1) await node.append([draftOf(topic), draftOf(newTopic()), draftOf(topic)]);
          }),
        ).then(() => (done = true));
        let head = 0;
        while (!done) {
          const page = await log.read(topic, { after: head, limit: 1_000 });
          expect(seqs(page.messages)).toEqual(Array.from({ length: page.head - head }, (_, index) => head + index + 1));
          head = page.head;
        }
        await writers;
        expect((await log.ends([topic]))[0]?.head).toBe(100);
      });
    });

    describe('a repeat', () => {
      it('within one call is a duplicate of the first, or a conflict', async () => {
        const topic = newTopic();
        const original = draftOf(topic);
        const outcomes = await log.append([
          original,
          draftOf(topic),
          { ...original, timestamp: original.timestamp + 5 },
          { ...original, dataText: '1' },
          { ...original, action: 'other' },
          draftOf(topic),
        ]);
        expect(kinds(outcomes)).toEqual(['stored', 'stored', 'duplicate', 'conflict', 'conflict', 'stored']);
        expect(positions(outcomes)).toEqual([1, 2, 1, 1, 1, 3]);
        expect(outcomes[2]).toMatchObject({ timestamp: original.timestamp });
      });

      it('across calls and nodes answers the original position and time', async () => {
        const topic = newTopic();
        const original = draftOf(topic);
        const [stored] = await under.first.append([original]);
        await under.second.append([draftOf(topic)]);
        const repeated = await under.second.append([
          draftOf(topic),
          { ...original, timestamp: original.timestamp + 99, clientTimestamp: 7 },
          { ...original, dataText: '{"n":0}' },
        ]);
        expect(stored).toMatchObject({ kind: 'stored' });
        expect(kinds(repeated)).toEqual(['stored', 'duplicate', 'conflict']);
        expect(positions(repeated)).toEqual([3, 1, 1]);
        expect(repeated[1]).toMatchObject({ timestamp: original.timestamp });
        expect((await log.read(topic, { limit: 10 })).head).toBe(3);
      });

      it('is stored once when many nodes send it at once', async () => {
        const topic = newTopic();
        const draft = draftOf(topic);
        const outcomes = (
          await Promise.all(Array.from({ length: 12 }, (_, turn) => (turn % 2 === 0 ? under.first : under.second).append([draft])))
        ).flat();
        expect(kinds(outcomes).toSorted()).toEqual([...Array.from({ length: 11 }, () => 'duplicate'), 'stored']);
        expect(new Set(positions(outcomes))).toEqual(new Set([1]));
      });

      it('is another message for another topic or publisher', async () => {
        const [one, two] = [newTopic(), newTopic()];
        const draft = draftOf(one);
        const outcomes = await log.append([draft, { ...draft, topic: two }, { ...draft, publisher: 'bob' }]);
        expect(kinds(outcomes)).toEqual(['stored', 'stored', 'stored']);
      });

      it('is a new message once the idempotency time is over', async () => {
        const topic = newTopic();
        const draft = draftOf(topic);
        await log.append([draft]);
        await under.age(23 * HOUR_MS);
        expect(kinds(await log.append([draft]))).toEqual(['duplicate']);
        await under.age(2 * HOUR_MS);
        expect(kinds(await log.append([draft, draft]))).toEqual(['stored', 'duplicate']);
        expect(kinds(await log.append([{ ...draft, dataText: '2' }]))).toEqual(['conflict']);
      });

      it('is known although retention has passed the original', async () => {
        const topic = newTopic('brief');
        const draft = draftOf(topic);
        await log.append([draft]);
        await under.age(HOUR_MS);
        expect(await log.ends([topic])).toMatchObject([{ head: 1, floor: 1 }]);
        expect(await log.append([draft])).toMatchObject([{ kind: 'duplicate', position: { seq: 1 } }]);
      });
    });

    describe('read', () => {
      const ranges: readonly [string, Parameters<MessageLog['read']>[1], readonly number[]][] = [
        ['the beginning', { limit: 3 }, [1, 2, 3]],
        ['after a seq', { after: 4, limit: 3 }, [5, 6, 7]],
        ['after 0', { after: 0, limit: 2 }, [1, 2]],
        ['after the head', { after: 10, limit: 3 }, []],
        ['beyond the head', { after: 99, limit: 3 }, []],
        ['up to the head', { after: 8, limit: 100 }, [9, 10]],
        ['before a seq', { before: 6, limit: 3 }, [3, 4, 5]],
        ['before the first', { before: 1, limit: 3 }, []],
        ['before beyond the head', { before: 99, limit: 2 }, [9, 10]],
        ['before, more than there is', { before: 3, limit: 9 }, [1, 2]],
        ['between two', { after: 2, before: 8, limit: 3 }, [3, 4, 5]],
        ['between neighbours', { after: 2, before: 3, limit: 3 }, []],
        ['between two in the wrong order', { after: 8, before: 2, limit: 3 }, []],
      ];

      it.each(ranges)('%s', async (_, range, expected) => {
        const topic = newTopic();
        await log.append(Array.from({ length: 10 }, () => draftOf(topic)));
        const page = await log.read(topic, range);
        expect(seqs(page.messages)).toEqual(expected);
        expect(page).toMatchObject({ head: 10, floor: 0 });
      });

      it('keeps to the bytes asked for, from either end, but gives at least one message', async () => {
        const topic = newTopic();
        await log.append(Array.from({ length: 6 }, () => draftOf(topic, { dataText: JSON.stringify('é'.repeat(49)) })));
        expect(seqs((await log.read(topic, { limit: 9, maxBytes: 250 })).messages)).toEqual([1, 2]);
        expect(seqs((await log.read(topic, { limit: 9, maxBytes: 300 })).messages)).toEqual([1, 2, 3]);
        expect(seqs((await log.read(topic, { limit: 9, maxBytes: 299 })).messages)).toEqual([1, 2]);
        expect(seqs((await log.read(topic, { before: 6, limit: 9, maxBytes: 250 })).messages)).toEqual([4, 5]);
        expect(seqs((await log.read(topic, { after: 3, limit: 9, maxBytes: 1 })).messages)).toEqual([4]);
        expect(seqs((await log.read(topic, { before: 3, limit: 9, maxBytes: 1 })).messages)).toEqual([2]);
      });

      it('begins at the floor of a topic that is kept by number', async () => {
        const topic = newTopic('short');
        await log.append(Array.from({ length: 8 }, () => draftOf(topic)));
        expect(await log.ends([topic])).toMatchObject([{ head: 8, floor: 5 }]);
        expect(seqs((await log.read(topic, { limit: 100 })).messages)).toEqual([6, 7, 8]);
        expect(seqs((await log.read(topic, { after: 2, limit: 2 })).messages)).toEqual([6, 7]);
        expect(seqs((await log.read(topic, { before: 7, limit: 100 })).messages)).toEqual([6]);
        expect(seqs((await log.read(topic, { before: 4, limit: 100 })).messages)).toEqual([]);
      });

      it('begins at the floor of a topic that is kept by age', async () => {
        const topic = newTopic('brief');
        for (const count of [5, 3, 2]) {
          await log.append(Array.from({ length: count }, () => draftOf(topic)));
          await under.age(25_000);
        }
        // Ages now: 75 s, 50 s, 25 s; a minute is kept.
        expect(await log.read(topic, { limit: 100 })).toMatchObject({
          head: 10,
          floor: 5,
          messages: [{ seq: 6 }, { seq: 7 }, { seq: 8 }, { seq: 9 }, { seq: 10 }],
        });
        await under.age(60_000);
        expect(await log.ends([topic])).toMatchObject([{ head: 10, floor: 10 }]);
        expect(positions(await log.append([draftOf(topic)]))).toEqual([11]);
        expect(await log.read(topic, { limit: 100 })).toMatchObject({ head: 11, floor: 10, messages: [{ seq: 11 }] });
      });
    });

    describe('payloads', () => {
      const texts: readonly [string, string][] = [
        ['a big number', '{"n":123456789012345678901234567890.10e-5,"z":1.0}'],
        ['white space and doubled keys', ' {"b" :1,\t"a":2 , "b":3}\n'],
        ['an escaped U+0000', '{"s":"a\\u0000b"}'],
        ['escaped lone surrogates', '"\\ud800 \\udfff \\ud83d"'],
        ['escapes of every kind', '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"'],
        ['characters of every plane', '"é ‮ 漢 🦉 \u{10ffff} \u0001"'],
        ['quotes, braces and backslashes', '["{}","\'\'","\\\\","NULL",null,"$1",""]'],
        ['60 KB', JSON.stringify('x'.repeat(61_000))],
        ['60 KB that do not compress', JSON.stringify(Array.from({ length: 12_000 }, (_, index) => (index * 2_654_435_761) % 99_991))],
        ['the shortest', '0'],
        ['nothing at all', ''],
      ];

      it.each(texts)('come back byte for byte: %s', async (_, dataText) => {
        const topic = newTopic();
        const draft = draftOf(topic, { dataText });
        expect(kinds(await log.append([draft, draft]))).toEqual(['stored', 'duplicate']);
        expect((await log.read(topic, { limit: 1 })).messages[0]?.dataText).toBe(dataText);
      });
    });

    describe('text of strangers', () => {
      const hostile = [
        "'; drop table message; --",
        '{a,"b"}',
        'NULL',
        '\\x00',
        '%s $1 ${x}',
        '__proto__',
        '‮evil',
        'ﷺ',
        '"',
        '',
        ' ',
        "\u{1f9a9}'s",
      ];

      it.each(hostile)('is only text: %j', async (text) => {
        const topic = newTopic();
        const draft = draftOf(topic, { msgId: text, publisher: text, action: text });
        const outcomes = await log.append([draftOf(topic), draft, draft, { ...draft, action: `${text}!` }]);
        expect(kinds(outcomes)).toEqual(['stored', 'stored', 'duplicate', 'conflict']);
        expect((await log.read(topic, { after: 1, limit: 1 })).messages[0]).toMatchObject({ msgId: text, publisher: text, action: text });
      });

      const bad: readonly [string, Partial<Draft>, string][] = [
        ['U+0000 in a msg_id', { msgId: 'a\0b' }, 'msgId'],
        ['U+0000 in an action', { action: '\0' }, 'action'],
        ['raw U+0000 in a payload', { dataText: '"\0"' }, 'dataText'],
        ['a lone surrogate in a msg_id', { msgId: '\ud800' }, 'msgId'],
        ['a lone surrogate in a publisher', { publisher: 'x\udc00' }, 'publisher'],
        ['a raw lone surrogate in a payload', { dataText: '"\ud83d"' }, 'dataText'],
      ];

      it.each(bad)('that cannot be kept spoils nothing else: %s', async (_, values, field) => {
        const topic = newTopic();
        const outcomes = await log.append([draftOf(topic), draftOf(topic, values), draftOf(topic), draftOf(newTopic())]);
        expect(kinds(outcomes)).toEqual(['stored', 'refused', 'stored', 'stored']);
        expect(outcomes[1]).toMatchObject({ refusal: { code: 'BAD_REQUEST', field } });
        expect(positions(outcomes)).toEqual([1, undefined, 2, 1]);
      });
    });

    describe('ends', () => {
      it('of unknown topics name the epoch that the first message gets', async () => {
        const [known, unknown] = [newTopic(), newTopic()];
        await log.append([draftOf(known)]);
        const [first, second, again] = await log.ends([unknown, known, unknown]);
        expect(first).toEqual({ epoch: expect.stringMatching(/^[A-Za-z0-9-]+$/), head: 0, floor: 0 });
        expect(again).toEqual(first);
        expect(second).toMatchObject({ head: 1, floor: 0 });
        expect(await log.read(unknown, { limit: 5 })).toEqual({ ...first, messages: [] });
        expect(await log.append([draftOf(unknown)])).toEqual([{ kind: 'stored', position: { epoch: first?.epoch, seq: 1 } }]);
        expect(await under.second.ends([])).toEqual([]);
      });
    });

    describe('topics', () => {
      it('are listed by name, in pages, by prefix', async () => {
        const base = newTopic('list');
        const names = ['a', 'b', 'c.d', 'c', 'B'].map((suffix) => `${base}-${suffix}`);
        await log.append(names.map((name, index) => draftOf(name, { timestamp: 1_000 + index })));
        const sorted = names.toSorted();
        const all = await log.topics({ prefix: `${base}-`, limit: 10 });
        expect(all.map((summary) => summary.topic)).toEqual(sorted);
        expect(all.map((summary) => summary.lastAt)).toEqual(sorted.map((name) => 1_000 + names.indexOf(name)));
        expect(all[0]).toMatchObject({ head: 1, floor: 0 });
        expect((await log.topics({ prefix: `${base}-`, limit: 2 })).map((summary) => summary.topic)).toEqual(sorted.slice(0, 2));
        expect((await log.topics({ prefix: `${base}-`, after: sorted[1] as string, limit: 2 })).map((summary) => summary.topic)).toEqual(
          sorted.slice(2, 4),
        );
        expect(await log.topics({ prefix: `${base}-`, after: sorted[4] as string, limit: 2 })).toEqual([]);
        expect(await log.topics({ prefix: 'no-such', limit: 2 })).toEqual([]);
      });

      it('that were asked for, but have nothing, are not listed', async () => {
        const topic = newTopic('quiet');
        await log.ends([topic]);
        await log.read(topic, { limit: 1 });
        expect(await log.topics({ prefix: 'quiet.', limit: 9 })).toEqual([]);
      });
    });

    describe('a position beyond the head', () => {
      const [A, B, C, D, UNKNOWN] = ['rewind.a', 'rewind.b', 'rewind.c', 'rewind.d', 'rewind.unknown'] as const;

      it('begins a new epoch of the topic, or of every topic', async () => {
        await under.first.append([draftOf(A), draftOf(B)]);
        const [a, b, unknown] = await under.first.ends([A, B, UNKNOWN]);
        const epoch = a?.epoch ?? '';
        expect(await under.second.reportRewind(A, { epoch, seq: 2 }, 'topic')).toBe(true);
        const after = await under.first.ends([A, B]);
        expect(after).toMatchObject([{ head: 1, floor: 0 }, b]);
        expect(after[0]?.epoch).not.toBe(epoch);
        expect((await under.first.read(A, { limit: 9 })).messages).toMatchObject([{ seq: 1, epoch: after[0]?.epoch }]);
        expect(await under.first.append([draftOf(A)])).toMatchObject([{ position: { epoch: after[0]?.epoch, seq: 2 } }]);
        expect(await under.second.reportRewind(UNKNOWN, { epoch: unknown?.epoch ?? '', seq: 1 }, 'log')).toBe(true);
        const [all, others, none] = await under.first.ends([A, B, UNKNOWN]);
        expect([after[0]?.epoch, epoch]).not.toContain(all?.epoch);
        expect([after[1]?.epoch, epoch]).not.toContain(others?.epoch);
        expect(none?.epoch).not.toBe(unknown?.epoch);
      });

      it('is none where the head has it, or the epoch is not the present one', async () => {
        await under.first.append([draftOf(C)]);
        const before = await under.first.ends([C]);
        const epoch = before[0]?.epoch ?? '';
        expect(await under.first.reportRewind(C, { epoch, seq: 1 }, 'log')).toBe(false);
        expect(await under.first.reportRewind(C, { epoch: `${epoch}x`, seq: 9 }, 'log')).toBe(false);
        expect(await under.second.ends([C])).toEqual(before);
      });

      it('counts once when many report it', async () => {
        await under.first.append([draftOf(D)]);
        const [ends] = await under.first.ends([D]);
        const position = { epoch: ends?.epoch ?? '', seq: 5 };
        const reports = [under.first, under.second, under.first, under.second].map((log) => log.reportRewind(D, position, 'log'));
        expect((await Promise.all(reports)).filter((was) => was)).toHaveLength(1);
      });
    });

    describe('delete', () => {
      it('empties a topic, which begins again under a new epoch', async () => {
        const topic = newTopic('gone');
        const draft = draftOf(topic);
        await log.append([draft, draftOf(topic)]);
        const [before] = await log.ends([topic]);
        expect(await under.second.delete(topic)).toBe(true);
        const [after] = await under.first.ends([topic]);
        expect(after).toMatchObject({ head: 0, floor: 0 });
        expect(after?.epoch).not.toBe(before?.epoch);
        expect(await log.read(topic, { limit: 9 })).toEqual({ ...after, messages: [] });
        expect(await log.topics({ prefix: 'gone.', limit: 9 })).toEqual([]);
        expect(await log.delete(topic)).toBe(false);
        expect(await log.append([draft])).toEqual([{ kind: 'stored', position: { epoch: after?.epoch, seq: 1 } }]);
        expect(seqs((await log.read(topic, { limit: 9 })).messages)).toEqual([1]);
      });

      it('of an unknown topic finds nothing and changes nothing', async () => {
        const topic = newTopic();
        const [before] = await log.ends([topic]);
        expect(await log.delete(topic)).toBe(false);
        expect((await log.ends([topic]))[0]).toEqual(before);
      });

      it('beside appends leaves each epoch whole', async () => {
        const topic = newTopic();
        const outcomes: AppendOutcome[] = [];
        const writer = async (node: MessageLog): Promise<void> => {
          for (let round = 0; round < 20; round += 1) outcomes.push(...(await node.append([draftOf(topic), draftOf(topic)])));
        };
        const remover = async (): Promise<void> => {
          for (let round = 0; round < 5; round += 1) await under.second.delete(topic);
        };
        await Promise.all([writer(under.first), writer(under.second), remover()]);
        const stored = outcomes.flatMap((outcome) => (outcome.kind === 'stored' ? [outcome.position] : []));
        expect(stored).toHaveLength(80);
        for (const own of Map.groupBy(stored, (position) => position.epoch).values()) {
          expect(own.map((position) => position.seq).toSorted((a, b) => a - b)).toEqual(own.map((_, index) => index + 1));
        }
      });
    });
  });
}
