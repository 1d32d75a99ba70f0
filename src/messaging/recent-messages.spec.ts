import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Config } from '../config/config.js';
import type { Message } from './message.js';
import { Namespaces } from './namespaces.js';
import { RecentMessages } from './recent-messages.js';
import type { RecentTopic } from './recent-topic.js';

function messageOf(seq: number, { epoch = 'e1', dataText = '1', timestamp = Date.now() } = {}): Message {
  const about = {
    msgId: `m${seq}`,
    publisher: 'alice',
    action: 'message',
    clientTimestamp: undefined,
    door: 'socket',
    trace: undefined,
  } as const;
  return { topic: 'chat.a', epoch, seq, dataText, timestamp, ...about };
}

function recentOf(env: Readonly<Record<string, string>> = {}, policy: object = {}): RecentMessages {
  const config = Config.from(env, { messaging: { namespaces: { chat: policy } } });
  return new RecentMessages(config, new Namespaces(config));
}

const topicOf = (recent: RecentMessages): RecentTopic => recent.of('chat.a') as RecentTopic;
const seqs = (found: readonly Message[] | undefined): readonly number[] | undefined => found?.map(({ seq }) => seq);
const run = (from: number, to: number): readonly Message[] => Array.from({ length: to - from + 1 }, (_, index) => messageOf(from + index));

describe('recent messages', () => {
  it('answer exactly what was asked for, or nothing', () => {
    const topic = topicOf(recentOf());
    for (const message of run(5, 9)) topic.add(message);
    expect(seqs(topic.between('e1', 4, 9))).toEqual([5, 6, 7, 8, 9]);
    expect(seqs(topic.between('e1', 6, 8))).toEqual([7, 8]);
    expect(topic.between('e1', 3, 9)).toBeUndefined();
    expect(topic.between('e1', 6, 10)).toBeUndefined();
    expect(topic.between('e2', 6, 9)).toBeUndefined();
  });

  it('begin anew after a hole, and in another epoch', () => {
    const topic = topicOf(recentOf());
    for (const message of [...run(1, 3), ...run(5, 6)]) topic.add(message);
    expect([topic.between('e1', 2, 6), seqs(topic.between('e1', 4, 6))]).toEqual([undefined, [5, 6]]);
    topic.add(messageOf(1, { epoch: 'e2' }));
    expect([topic.between('e1', 4, 6), seqs(topic.between('e2', 0, 1))]).toEqual([undefined, [1]]);
  });

  it('take what was read where it belongs, and nothing that would leave a hole', () => {
    const topic = topicOf(recentOf());
    topic.addRead(run(1, 4), 6);
    expect(topic.size).toBe(0);
    topic.addRead(run(4, 6), 6);
    topic.add(messageOf(7));
    topic.addRead(run(1, 2), 7);
    expect(topic.between('e1', 0, 7)).toBeUndefined();
    topic.addRead(run(1, 5), 7);
    expect(seqs(topic.between('e1', 0, 7))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('hold no more than history does: by number, by age, and nothing where there is no log', () => {
    const short = topicOf(recentOf({}, { history_length: 2 }));
    for (const message of run(1, 5)) short.add(message);
    expect([short.between('e1', 2, 5), seqs(short.between('e1', 3, 5))]).toEqual([undefined, [4, 5]]);
    const young = topicOf(recentOf({}, { history_age_s: 60 }));
    young.add(messageOf(1, { timestamp: Date.now() - 61_000 }));
    young.add(messageOf(2));
    expect([young.between('e1', 0, 2), seqs(young.between('e1', 1, 2))]).toEqual([undefined, [2]]);
    expect(recentOf({}, { durable: false }).of('chat.a')).toBeUndefined();
  });

  it.each(['WAYBILL_RECENT_MESSAGES', 'WAYBILL_RECENT_BYTES', 'WAYBILL_RECOVERY_MESSAGES', 'WAYBILL_RECOVERY_BYTES'])(
    '%s=0: none are kept',
    (name) => {
      expect(recentOf({ [name]: '0' }).of('chat.a')).toBeUndefined();
    },
  );

  it.each([
    ['messages', { WAYBILL_RECENT_MESSAGES: '10' }, 10],
    ['bytes', { WAYBILL_RECENT_BYTES: '65536' }, 64],
  ])('keep to the budget of %s over all topics; the one without a message for longest gives', (_unit, env, most) => {
    const recent = recentOf(env);
    const [quiet, busy] = [topicOf(recent), topicOf(recent)];
    const add = (topic: RecentTopic, seq: number): void => topic.add(messageOf(seq, { dataText: 'x'.repeat(768) }));
    for (let seq = 1; seq <= most / 2; seq += 1) for (const topic of [quiet, busy]) add(topic, seq);
    for (let seq = most / 2 + 1; seq <= most; seq += 1) add(busy, seq);
    expect([quiet.size, busy.size]).toEqual([0, most]);
    add(quiet, most);
    expect([quiet.size, busy.size]).toEqual([1, most - 1]);
    recent.clear();
    expect([quiet.size, busy.size]).toEqual([0, 0]);
    for (let seq = 1; seq <= most; seq += 1) add(quiet, seq);
    expect(quiet.size).toBe(most);
  });

  it('are never wrong, whatever is added and read in whichever order', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), skip: fc.nat(2) }),
      fc.record({ kind: fc.constant('read' as const), from: fc.nat(30), count: fc.nat(12) }),
      fc.record({ kind: fc.constant('ask' as const), after: fc.nat(40), upTo: fc.nat(40) }),
      fc.record({ kind: fc.constant('reset' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const topic = topicOf(recentOf({ WAYBILL_RECENT_MESSAGES: '20', WAYBILL_RECOVERY_MESSAGES: '15' }));
        let [epoch, head] = [1, 0];
        for (const each of steps) {
          if (each.kind === 'add') topic.add(messageOf((head += 1 + each.skip), { epoch: `e${epoch}` }));
          else if (each.kind === 'reset') [epoch, head] = [epoch + 1, 0];
          else if (each.kind === 'read') {
            const page = Array.from({ length: each.count }, (_, index) => messageOf(each.from + index + 1, { epoch: `e${epoch}` }));
            topic.addRead(page, head);
            head = Math.max(head, page.at(-1)?.seq ?? 0);
          } else {
            const found = topic.between(`e${epoch}`, each.after, each.upTo);
            if (found === undefined || each.upTo < each.after) continue;
            expect(seqs(found)).toEqual(Array.from({ length: each.upTo - each.after }, (_, index) => each.after + 1 + index));
            for (const message of found) expect(message.epoch).toBe(`e${epoch}`);
          }
          expect(topic.size).toBeLessThanOrEqual(15);
        }
      }),
      { numRuns: 300 },
    );
  });
});
