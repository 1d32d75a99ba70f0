import { describe, expect, it } from 'vitest';
import { NumberReader, numberedPayload } from './number-reader.ts';

const STREAM = Array.from({ length: 5 }, (_, number) => `MSG fan 1 100\r\n${numberedPayload(number, 100)}\r\n`).join('');

function read(texts: readonly string[]): readonly number[] {
  const numbers: number[] = [];
  const reader = new NumberReader((number) => numbers.push(number));
  for (const text of texts) reader.take(text);
  expect(reader.count).toBe(numbers.length);
  return numbers;
}

describe('numberedPayload', () => {
  it.each([100, 265])('is a JSON object of %i bytes', (bytes) => {
    const text = numberedPayload(4_711, bytes);
    expect(text).toHaveLength(bytes);
    expect(JSON.parse(text)).toMatchObject({ n: '0000004711' });
  });
});

describe('NumberReader', () => {
  it('reads every number once, wherever the stream is cut', () => {
    for (let cut = 0; cut <= STREAM.length; cut += 1) expect(read([STREAM.slice(0, cut), STREAM.slice(cut)])).toEqual([0, 1, 2, 3, 4]);
    expect(read(Array.from(STREAM))).toEqual([0, 1, 2, 3, 4]);
  });

  it.each([
    ['a loss', [0, 2]],
    ['a repeat', [0, 0]],
    ['another order', [1, 0]],
  ])('refuses %s', (_what, numbers) => {
    expect(() => read(numbers.map((number) => numberedPayload(number, 100)))).toThrow('expected message');
  });
});
