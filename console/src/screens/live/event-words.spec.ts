import { describe, expect, it } from 'vitest';
import { eventWords, fits } from './event-words.ts';
import { eventTone, type ProbeEvent } from './probe.ts';
import { targetOf } from './start-target.ts';

const event = (kind: string, fields: object = {}): ProbeEvent => ({ n: 1, at: 0, kind, ...fields });

describe('what a probe saw', () => {
  it.each([
    [event('published', { topic: 't', door: 'rest', result: 'OK', seq: 4 }), 'Published to t by rest: stored as #4', 'accent'],
    [event('published', { topic: 't', door: 'rest', result: 'CONFLICT', message: 'no' }), 'Published to t by rest: CONFLICT, no', 'bad'],
    [
      event('fan_out', { topic: 't', seq: 4, recipients: 3, written: 2, queued: 1, dropped: 0, not_written: 0 }),
      't #4 handed to 3: 2 written, 1 queued',
      'accent',
    ],
    [event('delivery', { topic: 't', seq: 4, result: 'queued' }), 't #4 waits: the socket is behind', 'warn'],
    [
      event('settled', { topic: 't', seq: 4, outcome: 'not_written', waited_ms: 20 }),
      't #4 not written: the connection ended first after 20 ms',
      'bad',
    ],
    [
      event('refused', { what: 'subscribe', code: 'PERMISSION_DENIED', message: 'no right' }),
      'Refused to subscribe: no right (PERMISSION_DENIED)',
      'bad',
    ],
    [event('of_tomorrow'), 'of tomorrow', 'accent'],
  ])('%#: %s', (seen, words, tone) => {
    expect(eventWords(seen)).toBe(words);
    expect(eventTone(seen)).toBe(tone);
  });

  it('is found by any words of it', () => {
    const seen = event('acked', { user: 'Alice', topic: 'orders.42', seq: 3 });
    expect([fits(seen, 'alice ORDERS'), fits(seen, 'alice chat')]).toEqual([true, false]);
  });
});

describe('what other screens ask to watch', () => {
  it.each([
    ['connection:7K3M-Q2ZD', 'connection', '7K3M-Q2ZD'],
    ['topic:orders.*', 'topic', 'orders.*'],
    ['user:a:b', 'user', 'a:b'],
    ['a:b', 'user', 'a:b'],
    ['', 'user', ''],
  ])('%s', (start, kind, name) => {
    expect(targetOf(start)).toEqual({ kind, name });
  });
});
