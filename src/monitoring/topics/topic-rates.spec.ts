import { describe, expect, it } from 'vitest';
import { Refusal } from '../../protocol/refusal.js';
import { pageOfTopics, TOPIC_SORTS, topicItem } from './topic-list.js';
import { TopicRates } from './topic-rates.js';

describe('rates of topics', () => {
  function start() {
    const clock = { now: 1_000_000 };
    return { clock, rates: new TopicRates(() => clock.now) };
  }

  it('counts a minute, and forgets it slot by slot', () => {
    const { clock, rates } = start();
    for (let second = 0; second < 120; second += 1) {
      rates.published('a', 100);
      rates.handedOut('a', 150);
      rates.delivered('a', 3);
      clock.now += 1_000;
    }
    // The 120 seconds end where a slot ends: five slots are full, and the sixth has just begun.
    expect([rates.windowSeconds, rates.of('a')]).toEqual([
      50,
      { published: { messages: 50, bytes: 5_000 }, handedOut: { messages: 50, bytes: 7_500 }, deliveries: 150 },
    ]);
    clock.now += 49_000;
    expect(rates.of('a')?.published.messages).toBe(10);
    clock.now += 1_000;
    expect(rates.of('a')?.published.messages).toBe(0);
    clock.now += 10_000;
    expect([rates.all(), rates.of('a')]).toEqual([[], undefined]);
  });

  it('tells the whole slots of the minute, the oldest first, and zeros of what it does not count', () => {
    const { clock, rates } = start();
    for (let slot = 1; slot <= 7; slot += 1) {
      for (let message = 0; message < slot; message += 1) rates.published('a', 1);
      rates.delivered('a', 10 * slot);
      clock.now += 10_000;
    }
    expect(rates.stepsOf('a')).toEqual({
      step_s: 10,
      ended_at: expect.closeTo(Date.now(), -3),
      published: [3, 4, 5, 6, 7],
      handed_out: [0, 0, 0, 0, 0],
      deliveries: [30, 40, 50, 60, 70],
    });
    expect(rates.stepsOf('b').published).toEqual([0, 0, 0, 0, 0]);
  });

  it('reaches back to the start only', () => {
    const { clock, rates } = start();
    clock.now += 4_000;
    expect(rates.windowSeconds).toBe(4);
  });

  it('holds ten thousand topics, lets those go that were counted longest ago, and says so', () => {
    const { clock, rates } = start();
    rates.published('first', 1);
    clock.now += 10_000;
    for (let number = 0; number < 10_000; number += 1) rates.published(`t.${number}`, 1);
    expect([rates.of('first'), rates.missing]).toEqual([undefined, 1_000]);
    expect(rates.all()).toHaveLength(9_001);
    clock.now += 60_000;
    expect([rates.all(), rates.missing]).toEqual([[], 0]);
  });
});

describe('the list of topics', () => {
  const volume = (messages: number, bytes: number, deliveries = 0) => ({
    published: { messages, bytes },
    handedOut: { messages: 0, bytes: 0 },
    deliveries,
  });
  const items = [
    topicItem('b', volume(60, 10), undefined, 60),
    topicItem('a', volume(60, 600, 600), undefined, 60),
    topicItem('c', undefined, { topic: 'c', subscribers: 7, epoch: 'e', head: 5 }, 60),
  ];

  it.each([
    ['-messages', ['a', 'b', 'c']],
    ['-bytes', ['a', 'b', 'c']],
    ['-deliveries', ['a', 'b', 'c']],
    ['-subscribers', ['c', 'a', 'b']],
    ['topic', ['a', 'b', 'c']],
  ] as const)('is sorted by %s, and paged without repeats', (sort, expected) => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = pageOfTopics(items, sort, 1, cursor);
      seen.push(...page.items.map(({ topic }) => topic));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen).toEqual(expected);
    expect(TOPIC_SORTS).toContain(sort);
  });

  it('refuses a cursor that it did not give out', () => {
    for (const cursor of ['x', Buffer.from('["a",1]').toString('base64url'), Buffer.from('7').toString('base64url')])
      expect(() => pageOfTopics(items, 'topic', 1, cursor)).toThrow(Refusal);
  });
});
