import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../checker/record.js';
import { resumptions } from './resumptions.js';

const closed = (at: number, subscriber = 's'): LogRecord => ({ kind: 'closed', at, subscriber, connection: 1, code: 1006 });
const joined = (at: number, topic: string, subscriber = 's'): LogRecord => {
  return { kind: 'subscribed', at, subscriber, connection: 2, topic, epoch: 'e', head: 1 };
};

describe('resumptions', () => {
  const topics = new Map([
    ['s', ['a', 'b']],
    ['t', ['a']],
  ]);
  const all = { from: 0, to: Infinity };

  it.each<readonly [string, readonly LogRecord[], readonly number[]]>([
    ['until the last topic is back', [closed(10), joined(12, 'a'), joined(17, 'b')], [7]],
    ['of each connection', [closed(10), joined(11, 'a'), joined(12, 'b'), closed(20), joined(21, 'a'), joined(26, 'b')], [2, 6]],
    [
      'from the first end, where it is cut off again meanwhile',
      [closed(10), joined(12, 'a'), closed(15), joined(20, 'a'), joined(21, 'b')],
      [11],
    ],
    ['without an end where it never had everything', [closed(10), joined(12, 'a'), closed(10, 't')], [Infinity, Infinity]],
  ])('are counted %s', (_how, records, times) => {
    expect(resumptions(records, topics, all)).toEqual(times);
  });

  it('leave out connections that ended at another time', () => {
    const records = [closed(10), joined(12, 'a'), joined(13, 'b')];
    expect(resumptions(records, topics, { from: 11, to: Infinity })).toEqual([]);
    expect(resumptions(records, topics, { from: 0, to: 10 })).toEqual([]);
  });
});
