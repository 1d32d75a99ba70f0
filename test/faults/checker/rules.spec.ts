import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RuleName, RULE_NAMES, brokenRules, check } from './check.js';
import { checkFiles } from './check-files.js';
import { writeLog } from './json-lines.js';
import type { LogRecord, Outcome } from './record.js';

const TOPIC = 'orders.1';

interface Named {
  readonly msgId?: string;
  readonly hash?: string;
}

function attempt(order: number, { msgId = `m${order}`, number = 1 }: Named & { readonly number?: number } = {}): LogRecord {
  const hash = `h${msgId}`;
  return { kind: 'attempt', at: order, publisher: 'p', topic: TOPIC, msgId, attempt: number, hash, order };
}
function result(msgId: string, outcome: Outcome, number = 1): LogRecord {
  return { kind: 'result', at: 10, publisher: 'p', topic: TOPIC, msgId, attempt: number, outcome };
}
const acked = (seq: number, { epoch = 'e', duplicate = false } = {}): Outcome => ({ kind: 'acked', epoch, seq, duplicate });
const at = { subscriber: 's', connection: 1, topic: TOPIC } as const;

function subscribed(
  head: number,
  more: { readonly since?: { epoch: string; seq: number }; readonly recovered?: boolean; epoch?: string } = {},
): LogRecord {
  return { kind: 'subscribed', at: 1, ...at, epoch: 'e', head, ...more };
}
function delivered(
  seq: number,
  { msgId = `m${seq}`, epoch = 'e', hash, when = 20 }: Named & { readonly epoch?: string; readonly when?: number } = {},
): LogRecord {
  return { kind: 'delivered', at: when, ...at, epoch, seq, msgId, hash: hash ?? `h${msgId}` };
}
function history(head: number, { floor = 0, epoch = 'e' } = {}): LogRecord {
  return { kind: 'history', topic: TOPIC, epoch, floor, head };
}
function stored(seq: number, { msgId = `m${seq}`, epoch = 'e' }: Named & { readonly epoch?: string } = {}): LogRecord {
  return { kind: 'stored', topic: TOPIC, epoch, seq, publisher: 'p', msgId, hash: `h${msgId}` };
}
const head = (seq: number, when = 30, epoch = 'e'): LogRecord => ({ kind: 'head', at: when, topic: TOPIC, epoch, head: seq });
const three = [1, 2, 3];
const attempts = three.map((order) => attempt(order));
const results = three.map((seq) => result(`m${seq}`, acked(seq)));
const read = [history(3), ...three.map((seq) => stored(seq))];
const live = [subscribed(0), ...three.map((seq) => delivered(seq))];
const GOOD = [...attempts, ...results, ...live, head(3), ...read];

describe('the checker', () => {
  const good: readonly (readonly [string, readonly LogRecord[]])[] = [
    ['everything stored and delivered', GOOD],
    ['nothing at all', []],
    [
      'an unknown outcome that was stored, and its repeat',
      [
        ...attempts,
        result('m1', { kind: 'unknown', reason: 'closed' }),
        attempt(1, { number: 2 }),
        result('m1', acked(1, { duplicate: true }), 2),
        ...results.slice(1),
        ...live,
        ...read,
      ],
    ],
    [
      'an unknown outcome that was not stored, and its repeat after the others',
      [
        ...attempts,
        ...[2, 3].map((n) => result(`m${n}`, acked(n - 1))),
        result('m1', { kind: 'unknown', reason: 'closed' }),
        attempt(1, { number: 2 }),
        result('m1', acked(3), 2),
        history(3),
        stored(1, { msgId: 'm2' }),
        stored(2, { msgId: 'm3' }),
        stored(3, { msgId: 'm1' }),
      ],
    ],
    [
      'an unknown outcome that nobody repeated',
      [...attempts, ...results.slice(0, 2), result('m3', { kind: 'unknown', reason: 'closed' }), ...live, ...read],
    ],
    ['a refusal', [...GOOD, attempt(4), result('m4', { kind: 'refused', code: 'UNAVAILABLE' })]],
    ['what is below the floor', [...attempts, ...results, history(3, { floor: 2 }), stored(3)]],
    ['acknowledgements of an epoch that ended', [...attempts, ...results, history(0, { epoch: 'f' })]],
    [
      'a gap that was told',
      [
        ...attempts,
        ...results,
        subscribed(0),
        { kind: 'gap', at: 2, ...at, from: 1, to: 2, reason: 'retention' },
        delivered(3),
        head(3),
        ...read,
      ],
    ],
    [
      'a reset',
      [
        ...attempts,
        ...results,
        ...live,
        { kind: 'reset', at: 21, ...at, epoch: 'f' },
        delivered(1, { epoch: 'f', when: 22 }),
        head(1, 30, 'f'),
        history(1, { epoch: 'f' }),
        stored(1, { epoch: 'f' }),
      ],
    ],
    [
      'a resume',
      [
        ...attempts,
        ...results,
        subscribed(0),
        delivered(1),
        { kind: 'closed', at: 2, ...at, code: 1006 },
        subscribed(3, { since: { epoch: 'e', seq: 1 }, recovered: true }),
        delivered(2),
        delivered(3),
        head(3),
        ...read,
      ],
    ],
    [
      'a resume that was refused',
      [
        ...attempts,
        ...results,
        subscribed(0),
        delivered(1),
        { kind: 'closed', at: 2, ...at, code: 1006 },
        subscribed(3, { since: { epoch: 'e', seq: 1 }, recovered: false }),
        head(3),
        ...read,
      ],
    ],
    [
      'a subscriber that the test had ended before',
      [...attempts, ...results, subscribed(0), { kind: 'stopped', at: 2, ...at }, head(3), ...read],
    ],
    [
      'a subscriber that is late by less than 5 s',
      [...attempts, ...results, subscribed(0), delivered(1), delivered(2), delivered(3, { when: 5_029 }), head(3), ...read],
    ],
  ];
  it.each(good)('finds nothing in %s', (_name, log) => {
    expect(brokenRules(check(log))).toEqual([]);
  });

  const bad: readonly (readonly [RuleName, string, readonly LogRecord[]])[] = [
    ['L1', 'an acknowledged message at the end that is not there', [...GOOD, attempt(4), result('m4', acked(4))]],
    ['L1', 'a topic without history', [...attempts, ...results]],
    [
      'L1',
      'another message at the place',
      [
        ...attempts,
        result('m1', acked(1)),
        result('m2', acked(2)),
        result('m3', acked(3)),
        attempt(4),
        history(3),
        stored(1),
        stored(2),
        stored(3, { msgId: 'm4' }),
      ],
    ],
    [
      'L2',
      'a message that stands twice',
      [...attempts, ...results, history(4), ...three.map((seq) => stored(seq)), stored(4, { msgId: 'm2' })],
    ],
    ['L3', 'a hole in history', [...attempts, result('m1', acked(1)), result('m3', acked(3)), history(3), stored(1), stored(3)]],
    ['L3', 'a head beyond the last message', [...attempts, ...results, history(4), ...three.map((seq) => stored(seq))]],
    ['L3', 'history out of order', [...attempts, ...results, history(3), stored(2), stored(1), stored(3)]],
    ['L4', 'a jump that nothing told of', [...attempts, ...results, subscribed(0), delivered(1), delivered(3), head(3), ...read]],
    [
      'L4',
      'a message again',
      [...attempts, ...results, subscribed(0), delivered(1), delivered(1), delivered(2), delivered(3), head(3), ...read],
    ],
    [
      'L4',
      'a gap that names too little',
      [
        ...attempts,
        ...results,
        subscribed(0),
        { kind: 'gap', at: 2, ...at, from: 2, to: 2, reason: 'lost' },
        delivered(3),
        head(3),
        ...read,
      ],
    ],
    ['L4', 'another epoch without a reset', [...attempts, ...results, subscribed(0), delivered(1, { epoch: 'f' }), ...read]],
    [
      'L4',
      'a resume across epochs',
      [...attempts, ...results, subscribed(3, { since: { epoch: 'd', seq: 3 }, recovered: true }), head(3), ...read],
    ],
    ['L4', 'a message while not subscribed', [...attempts, ...results, delivered(1), ...read]],
    [
      'L5',
      'two publishes that changed places',
      [
        ...attempts,
        result('m1', acked(2)),
        result('m2', acked(1)),
        result('m3', acked(3)),
        history(3),
        stored(1, { msgId: 'm2' }),
        stored(2, { msgId: 'm1' }),
        stored(3),
      ],
    ],
    ['L6', 'a message that nobody published', [...attempts, ...results, ...live, delivered(4), ...read]],
    [
      'L6',
      'a payload that changed on its way',
      [...attempts, ...results, subscribed(0), delivered(1), delivered(2, { hash: 'other' }), delivered(3), head(3), ...read],
    ],
    ['L6', 'a stored message that nobody published', [...attempts, ...results, history(4), ...three.map((seq) => stored(seq)), stored(4)]],
    ['L7', 'a tail that never came', [...attempts, ...results, subscribed(0), delivered(1), delivered(2), head(3), ...read]],
    [
      'L7',
      'a tail that came after more than 5 s',
      [...attempts, ...results, subscribed(0), delivered(1), delivered(2), delivered(3, { when: 5_031 }), head(3), ...read],
    ],
    [
      'L7',
      'a subscriber that never came back',
      [...attempts, ...results, subscribed(0), { kind: 'closed', at: 2, ...at, code: 1006 }, head(3), ...read],
    ],
    [
      'L7',
      'a recovery that was promised and not kept',
      [...attempts, ...results, subscribed(3, { since: { epoch: 'e', seq: 1 }, recovered: true }), delivered(2), head(3), ...read],
    ],
    ['L8', 'a repeat that was told another place', [...GOOD, attempt(2, { number: 2 }), result('m2', acked(1, { duplicate: true }), 2)]],
    ['L8', 'a repeat that was taken for a new message', [...GOOD, attempt(2, { number: 2 }), result('m2', acked(2), 2)]],
    [
      'L8',
      'a place that is not the message’s',
      [
        ...attempts,
        result('m1', { kind: 'unknown', reason: 'closed' }),
        attempt(1, { number: 2 }),
        result('m1', acked(2, { duplicate: true }), 2),
        ...read,
      ],
    ],
    [
      'L9',
      'a ledger that denies what was seen',
      [
        ...attempts,
        ...results,
        { kind: 'connected', at: 0, subscriber: 's', connection: 1, id: 'c1' },
        ...live,
        head(3),
        { kind: 'explain', at: 40, sample: 'test', user: 's', topic: TOPIC, epoch: 'e', seq: 2, outcome: 'not_subscribed', answer: '' },
        ...read,
      ],
    ],
  ];
  it.each(bad)('finds that %s is broken by %s', (rule, _name, log) => {
    expect(brokenRules(check(log))).toContain(rule);
    // What else a fault breaks by its nature: a wrong place is also an acknowledgement of something else.
    const others: Partial<Record<RuleName, readonly RuleName[]>> = { L3: ['L1'], L8: ['L1'], L7: ['L4'], L4: ['L7'] };
    expect(brokenRules(check(log)).filter((each) => each !== rule && others[rule]?.includes(each) !== true)).toEqual([]);
  });

  it('has a broken log for every rule', () => {
    expect([...new Set(bad.map(([rule]) => rule))].sort()).toEqual([...RULE_NAMES]);
  });

  it('counts', () => {
    const { figures } = check([
      ...GOOD,
      attempt(4),
      result('m4', { kind: 'unknown', reason: 'closed' }),
      attempt(5),
      result('m5', { kind: 'refused', code: 'UNAVAILABLE' }),
    ]);
    expect(figures).toEqual({
      messages: 5,
      attempts: 5,
      acked: 3,
      unknown: 1,
      refused: { UNAVAILABLE: 1 },
      delivered: 3,
      lost: 0,
      lostWithEpoch: 0,
      duplicates: 0,
      holes: 0,
      ledger: { pairs: 0, outcomes: {}, recipients: {}, writtenNotLogged: 0, refused: {}, samples: {} },
      falseStatements: 0,
    });
    expect(check([...attempts, ...results, history(1, { epoch: 'f' }), stored(1, { epoch: 'f' })]).figures.lostWithEpoch).toBe(2);
  });

  it('judges logs that were kept', () => {
    const directory = mkdtempSync(join(tmpdir(), 'waybill-checker-'));
    const [kept, broken] = [join(directory, 'good.jsonl'), join(directory, 'broken.jsonl')];
    writeLog(kept, GOOD);
    writeLog(broken, [...attempts, ...results]);
    const said: string[] = [];
    const print = (text: string): void => void said.push(text);
    expect(checkFiles([kept], print)).toBe(0);
    expect(said.join('')).toContain('L1 to L9 hold');
    expect(checkFiles([broken], print)).toBe(1);
    expect(said.join('')).toContain(
      'L1 is broken 3 times:\n  p was told that "m1" of orders.1 is stored at e:1, but the topic has no history.',
    );
    expect(checkFiles([], print)).toBe(2);
    writeFileSync(broken, '{"kind":"head"}\nnot json\n');
    expect(() => checkFiles([broken], print)).toThrow('broken.jsonl:2 is not a line of JSON');
    rmSync(directory, { recursive: true });
  });
});
