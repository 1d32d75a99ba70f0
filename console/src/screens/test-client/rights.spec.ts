import { describe, expect, it } from 'vitest';
import { listOf, mintBodyOf, payloadOf, TOKEN_LIFE_S, USUAL_RIGHTS } from './rights.ts';

describe('the rights of the test client', () => {
  it('are lists by commas or spaces, each name once', () => {
    expect(listOf(' chat.*, orders.1  chat.* ')).toEqual(['chat.*', 'orders.1']);
    expect(listOf('')).toEqual([]);
  });

  it('become a token with no more than was asked for', () => {
    expect(mintBodyOf({ ...USUAL_RIGHTS, user: ' alice ', subscribe: 'chat.*' })).toEqual({
      user: 'alice',
      topics: { subscribe: ['chat.*'], publish: [] },
      ttl_s: TOKEN_LIFE_S,
    });
    expect(mintBodyOf({ ...USUAL_RIGHTS, user: 'a', send: 'bob', broadcast: '1', roles: 'x y' })).toMatchObject({
      users: { send: ['bob'] },
      broadcast: true,
      roles: ['x', 'y'],
    });
  });

  it.each([
    ['{"a":1}', { a: 1 }],
    ['7', 7],
    ['hello', 'hello'],
    ['{"a":', '{"a":'],
  ])('reads the payload %s', (text, value) => {
    expect(payloadOf(text)).toEqual(value);
  });
});
