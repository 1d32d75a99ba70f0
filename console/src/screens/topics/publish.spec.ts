import { describe, expect, it } from 'vitest';
import { olderThan } from './history.ts';
import { payloadOf, publishPath } from './publish.ts';
import { sortOf } from './topic-item.ts';

describe('publishing', () => {
  it('takes any JSON value, and says what is none', () => {
    expect(payloadOf('"a"')).toEqual({ ok: true, value: 'a' });
    expect(payloadOf('hello')).toMatchObject({ ok: false });
  });

  it('goes through the door of the topic', () => {
    expect(publishPath('$all')).toBe('broadcast');
    expect(publishPath('$user.a~2fb')).toBe('topics/%24user.a~2fb/messages');
  });
});

describe('lists of topics', () => {
  it.each([
    ['bytes', '-bytes'],
    ['-topic', 'topic'],
    ['nonsense', '-messages'],
  ])('%s is sorted as %s', (asked, sort) => {
    expect(sortOf(asked)).toBe(sort);
  });
});

describe('history', () => {
  const page = (...seqs: readonly number[]) => ({ epoch: 'e', head: 9, messages: seqs.map((seq) => ({ seq })) }) as never;

  it('goes on until the first message, or a short page', () => {
    expect([olderThan(page(4, 5), 2), olderThan(page(1, 2), 2), olderThan(page(5), 2), olderThan(page(), 2)]).toEqual([
      4,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
