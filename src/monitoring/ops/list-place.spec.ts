import { describe, expect, it } from 'vitest';
import { pageBehind } from './list-place.js';

interface Waiting {
  readonly id: string;
  readonly since: number;
}

const ORDER = { idOf: ({ id }: Waiting) => id, keyOf: ({ since }: Waiting) => since };
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id, place) => ({ id, since: place * 10 })) as [Waiting, Waiting, Waiting, Waiting];

describe('pages of a list that changes', () => {
  it('follow one another to the end', () => {
    const first = pageBehind([a, b, c, d], ORDER, { limit: 3, cursor: undefined });
    expect(first.items).toEqual([a, b, c]);
    expect(pageBehind([a, b, c, d], ORDER, { limit: 3, cursor: first.next })).toEqual({ items: [d] });
  });

  it('say nothing of a next one where the last is full', () => {
    expect(pageBehind([a, b], ORDER, { limit: 2, cursor: undefined })).toEqual({ items: [a, b] });
  });

  it('go on behind an item that has moved, and behind the place of one that has left', () => {
    const { next } = pageBehind([a, b, c, d], ORDER, { limit: 2, cursor: undefined });
    expect(pageBehind([b, a, c, d], ORDER, { limit: 9, cursor: next }).items).toEqual([a, c, d]);
    expect(pageBehind([a, c, d], ORDER, { limit: 9, cursor: next }).items).toEqual([c, d]);
  });

  it.each(['', 'x', 'WzFd', Buffer.from('["a",1]').toString('base64url')])('refuse the cursor %j', (cursor) => {
    expect(() => pageBehind([a], ORDER, { limit: 1, cursor })).toThrow('not one that this list gave out');
  });
});
