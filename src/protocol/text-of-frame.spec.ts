import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textFrame, textOfFrame } from './text-frame.js';

describe('textOfFrame', () => {
  it('reads back what textFrame wrote, however long', () => {
    const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000];
    const texts = lengths.map((length) => 'ä'.repeat(length / 2) + 'x'.repeat(length % 2));
    expect(texts.map((text) => textOfFrame(textFrame(text)))).toEqual(texts);
  });

  it('reads back any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(textOfFrame(textFrame(text))).toBe(text);
      }),
    );
  });

  it.each([
    ['a binary frame', [0x82, 0x00]],
    ['a fragment', [0x01, 0x00]],
    ['a masked frame', [0x81, 0x80, 0, 0, 0, 0]],
    ['half a header', [0x81]],
    ['half a length', [0x81, 126, 1]],
    ['half a long length', [0x81, 127, 0, 0, 0, 0]],
    ['half a payload', [0x81, 2, 0x61]],
    ['rubbish behind a frame', [0x81, 0, 0x00]],
    ['a second frame', [0x81, 0, 0x81, 0]],
    ['nothing', []],
  ])('refuses %s', (_name, bytes) => {
    expect(() => textOfFrame(Buffer.from(bytes))).toThrow(RangeError);
  });
});
