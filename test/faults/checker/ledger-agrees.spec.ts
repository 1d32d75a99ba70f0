import { describe, expect, it } from 'vitest';
import { check } from './check.js';
import type { LogRecord } from './record.js';

const TOPIC = 'orders.1';
const place = (seq: number) => ({ sample: 'test', user: 'u', topic: TOPIC, epoch: 'e', seq }) as const;
const here = { subscriber: 'u', connection: 1 } as const;

/** Three messages, published at 10, 20 and 30, each acknowledged 2 later. */
const published: readonly LogRecord[] = [1, 2, 3].flatMap((seq): readonly LogRecord[] => [
  { kind: 'attempt', at: seq * 10, publisher: 'p', topic: TOPIC, msgId: `m${seq}`, attempt: 1, hash: `h${seq}`, order: seq },
  {
    kind: 'result',
    at: seq * 10 + 2,
    publisher: 'p',
    topic: TOPIC,
    msgId: `m${seq}`,
    attempt: 1,
    outcome: { kind: 'acked', epoch: 'e', seq, duplicate: false },
  },
]);
const history: readonly LogRecord[] = [
  { kind: 'history', topic: TOPIC, epoch: 'e', floor: 0, head: 3 },
  ...[1, 2, 3].map((seq): LogRecord => ({
    kind: 'stored',
    topic: TOPIC,
    epoch: 'e',
    seq,
    publisher: 'p',
    msgId: `m${seq}`,
    hash: `h${seq}`,
  })),
];
const connected: LogRecord = { kind: 'connected', at: 1, ...here, id: 'c1' };
const subscribed = (at = 2): LogRecord => ({ kind: 'subscribed', at, ...here, topic: TOPIC, epoch: 'e', head: 0 });
const delivered = (seq: number, at = seq * 10 + 1): LogRecord => ({
  kind: 'delivered',
  at,
  ...here,
  topic: TOPIC,
  epoch: 'e',
  seq,
  msgId: `m${seq}`,
  hash: `h${seq}`,
});
const acked = (seq: number): LogRecord => ({ kind: 'ack', at: 40, ...here, topic: TOPIC, epoch: 'e', seq });
const closed = (code: number, at = 50): LogRecord => ({ kind: 'closed', at, ...here, code });
const left = (at: number): LogRecord => ({ kind: 'leaving', at, ...here, topic: TOPIC });
const lost = (at: number): LogRecord => ({ kind: 'node-ended', at, lost: true });
const readHistory = (from: number, to: number): readonly LogRecord[] => [
  { kind: 'reading', at: 60, ...here, topic: TOPIC, request: 'r1', rest: true },
  { kind: 'read', at: 61, ...here, topic: TOPIC, request: 'r1', epoch: 'e', from, to },
];
const explain = (seq: number, outcome: string): LogRecord => ({ kind: 'explain', at: 100, ...place(seq), outcome, answer: '' });
const waybill = (
  seq: number,
  outcome: string,
  more: { readonly reason?: string; readonly writtenBetween?: [number, number] } = {},
): LogRecord => ({
  kind: 'waybill',
  at: 100,
  ...place(seq),
  recipients: [{ connection: 'c1', outcome, ...more }],
});
const unlisted = (seq: number): LogRecord => ({ kind: 'waybill', at: 100, ...place(seq), recipients: [] });

/** A client that was there for all three, and got the first two before its connection broke. */
const broken = [connected, subscribed(), delivered(1), delivered(2), closed(1006)];
const whole = [connected, subscribed(), delivered(1), delivered(2), delivered(3), closed(1000)];
const open = whole.slice(0, -1);

function falseStatements(...records: readonly LogRecord[]): readonly string[] {
  return check([...published, ...records, ...history]).violations.L9;
}

describe('L9', () => {
  it.each<[string, readonly LogRecord[]]>([
    ['acked, of what was logged and acknowledged', [...whole, acked(2), explain(2, 'acked'), waybill(1, 'acked')].sort(byTime)],
    ['written, of what was logged', [...open, explain(3, 'written'), waybill(3, 'written')]],
    ['written, of the last before a connection broke', [...broken, explain(3, 'written'), waybill(3, 'written')]],
    ['unconfirmed, of a connection that ended', [...broken, explain(3, 'unconfirmed'), waybill(3, 'unconfirmed')]],
    ['not written, of what was not logged', [...broken, explain(3, 'not_written'), waybill(3, 'not_written')]],
    ['dropped, of what was not logged', [...broken, explain(3, 'dropped'), waybill(3, 'dropped')]],
    ['not subscribed, of a time before', [connected, subscribed(35), explain(1, 'not_subscribed'), unlisted(1)]],
    ['not subscribed, after it was left', [connected, subscribed(), delivered(1), left(12), explain(2, 'not_subscribed')]],
    ['not subscribed, of nobody', [explain(1, 'not_subscribed'), unlisted(1)]],
    ['fetched, of what was read', [...readHistory(1, 2), explain(2, 'fetched')]],
    ['fetched, of a read whose answer did not come', [...readHistory(1, 2).slice(0, 1), explain(2, 'fetched')]],
    ['not subscribed, where nothing came after it on a connection that ended', [...broken, explain(3, 'not_subscribed')]],
    ['unknown, where a node was lost since', [...broken, lost(33), explain(3, 'unknown'), waybill(3, 'unknown', { reason: 'node_lost' })]],
    ['unknown, where there were too many exceptions', [...open, waybill(3, 'unknown', { reason: 'unknown' })]],
    ['unknown, where the ledger has a gap', [{ kind: 'ledger-gap', at: 90, records: 3 }, explain(3, 'unknown')]],
    ['nothing of a connection, where a node was lost since', [...open, lost(33), unlisted(3)]],
    ['times that are so', [...open, { kind: 'clock', at: 0, wall: 1_000 }, waybill(3, 'written', { writtenBetween: [1_000, 1_200] })]],
  ])('believes %s', (_name, records) => {
    expect(falseStatements(...records)).toEqual([]);
  });

  it.each<[string, string, readonly LogRecord[]]>([
    ['acked of what was never acknowledged', 'acknowledged', [...whole, explain(3, 'acked')]],
    ['acked of what was never logged', 'never logged', [...broken.slice(0, -1), acked(3), closed(1006), waybill(3, 'acked')]],
    ['acked of a connection that acknowledged less', 'never acknowledged', [...open, acked(2), waybill(3, 'acked')]],
    ['written of what a whole connection did not log', 'did not break', [...broken.slice(0, -1), closed(1000), waybill(3, 'written')]],
    ['written of what an open connection did not log', 'no connection broke', [...broken.slice(0, -1), explain(3, 'written')]],
    [
      'written of what is missing before a later one',
      'logged a later one',
      [connected, subscribed(), delivered(1), delivered(3), closed(1006), waybill(2, 'written')],
    ],
    ['dropped of what was logged', 'which logged it', [...whole, waybill(3, 'dropped')]],
    ['not written of what was logged', 'which logged it', [...whole, waybill(3, 'not_written')]],
    ['queued of what was logged', 'which logged it', [...open, waybill(3, 'queued')]],
    ['dropped of what the user has by another way', 'read from history', [...broken, ...readHistory(3, 3), explain(3, 'dropped')]],
    ['not subscribed of who logged it', 'logged it', [...whole, explain(2, 'not_subscribed')]],
    ['not subscribed of who was subscribed', 'was subscribed when', [...broken.slice(0, -1), explain(3, 'not_subscribed')]],
    ['not subscribed of who read it', 'read from history', [...readHistory(1, 2), explain(2, 'not_subscribed')]],
    ['fetched of what nobody read', 'no read', [...readHistory(1, 2), explain(3, 'fetched')]],
    ['unknown without a loss', 'no node was lost', [...broken, lost(-200), explain(3, 'unknown')]],
    ['unknown of a connection without a loss', 'no node was lost', [...broken, waybill(3, 'unknown')]],
    ['unconfirmed of a connection that is open', 'is open', [...open, waybill(3, 'unconfirmed')]],
    ['unconfirmed of a user whose connections are open', 'had ended', [...open, explain(3, 'unconfirmed')]],
    ['nothing of a connection that logged it', 'not among the recipients', [...whole, unlisted(3)]],
    [
      'a refusal for a message that is there',
      'refused with',
      [{ kind: 'unanswered', at: 100, ...place(2), question: 'explain', code: 'INTERNAL' }],
    ],
    [
      'times after it was seen',
      'said written after',
      [...open, { kind: 'clock', at: 0, wall: 1_000 }, waybill(3, 'written', { writtenBetween: [1_200, 1_300] })],
    ],
    [
      'times before it was published',
      'was published at',
      [...open, { kind: 'clock', at: 0, wall: 1_000 }, waybill(3, 'written', { writtenBetween: [500, 600] })],
    ],
  ])('does not believe %s', (_name, why, records) => {
    const said = falseStatements(...records);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(why);
  });

  it('counts what was said', () => {
    const { ledger, falseStatements: wrong } = check([
      ...published,
      ...broken,
      explain(3, 'written'),
      waybill(3, 'written'),
      explain(2, 'dropped'),
      { kind: 'unanswered', at: 100, ...place(1), question: 'waybill', code: 'HISTORY_GONE' },
      ...history.slice(0, 1),
    ]).figures;
    expect(ledger).toEqual({
      pairs: 2,
      outcomes: { written: 1, dropped: 1 },
      recipients: { written: 1 },
      writtenNotLogged: 1,
      refused: { 'waybill HISTORY_GONE': 1 },
      samples: { test: 2 },
    });
    expect(wrong).toBe(1);
  });
});

function byTime(left: LogRecord, right: LogRecord): number {
  return ('at' in left ? left.at : 0) - ('at' in right ? right.at : 0);
}
