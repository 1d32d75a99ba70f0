import { describe, expect, it } from 'vitest';
import { endOfValue, isPublished } from './resp.js';

const MESSAGE = '*3\r\n$7\r\nmessage\r\n$3\r\na.b\r\n$5\r\nx\r\ny!\r\n';

describe('a value of Redis', () => {
  it.each([
    ['a line', '+OK\r\n'],
    ['a number', ':17\r\n'],
    ['text with line ends', '$4\r\n\r\n\r\n\r\n'],
    ['nothing', '$-1\r\n'],
    ['an empty list', '*0\r\n'],
    ['no list', '*-1\r\n'],
    ['lists in lists', '*2\r\n*1\r\n:1\r\n$1\r\nx\r\n'],
    ['a map', '%1\r\n+a\r\n:1\r\n'],
    ['a push', '>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n'],
    ['what was published', MESSAGE],
  ])('ends where it ends: %s', (_what, text) => {
    expect(endOfValue(Buffer.from(`${text}+next\r\n`))).toBe(text.length);
    for (let length = 0; length < text.length; length += 1) expect(endOfValue(Buffer.from(text).subarray(0, length))).toBeUndefined();
  });

  it.each([
    [MESSAGE, true],
    [MESSAGE.replace('$7\r\nmessage', '$8\r\nsmessage'), true],
    [MESSAGE.replace('*', '>'), true],
    ['*3\r\n$9\r\nsubscribe\r\n$3\r\na.b\r\n:1\r\n', false],
    ['+message\r\n', false],
  ])('%j was published: %s', (text, is) => {
    expect(isPublished(Buffer.from(text))).toBe(is);
  });
});
