import { deflateRawSync, constants, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deflatedFrame, inflated } from './deflate.js';
import { textFrame } from './text-frame.js';

const NO_CAP = 4_194_304;
const RSV1 = 0x40;

function deflatedPayload(text: string | Buffer): Buffer {
  return deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** Payload of a server frame, whatever its length. */
function payloadOf(frame: Buffer): Buffer {
  const short = frame[1] as number;
  return frame.subarray(short < 126 ? 2 : short === 126 ? 4 : 10);
}

describe('deflatedFrame', () => {
  it.each([300, 1_000, 40_000, 65_536, 1_000_000])('compresses a text of %i characters into a frame that inflates to it', (length) => {
    const text = JSON.stringify(Array.from({ length: length / 20 }, (_, index) => `line ${index} of ${length}`));
    for (const level of [1, 3, 9]) {
      const frame = textFrame(text);
      const compressed = deflatedFrame(frame, level);
      expect(compressed.length).toBeLessThan(frame.length / 2);
      expect(compressed[0]).toBe(0x81 | RSV1);
      expect(inflated([payloadOf(compressed)], NO_CAP).toString() === text).toBe(true);
    }
  });

  it('leaves any text readable', () => {
    const texts = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 2_000 }), fc.json());
    fc.assert(
      fc.property(texts, (text) => {
        const frame = deflatedFrame(textFrame(text), 3);
        const payload = payloadOf(frame);
        expect((frame[0] === 0x81 ? payload : inflated([payload], NO_CAP)).toString()).toBe(text);
      }),
    );
  });

  it('leaves a frame as it is that would not become smaller', () => {
    const frame = textFrame('{"n":1}');
    expect(deflatedFrame(frame, 9)).toBe(frame);
  });

  it('stays readable for a peer whose window is the smallest that holds the message', () => {
    const text = 'a message of some hundred bytes, '.repeat(14);
    const tail = Buffer.of(0, 0, 0xff, 0xff);
    const whole = Buffer.concat([payloadOf(deflatedFrame(textFrame(text), 3)), tail]);
    expect(inflateRawSync(whole, { windowBits: 9, finishFlush: constants.Z_SYNC_FLUSH }).toString()).toBe(text);
  });
});

describe('inflated', () => {
  it('reads the examples of RFC 7692 section 7.2.3', () => {
    const examples = [
      [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00],
      [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
      [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
      [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
    ];
    for (const bytes of examples) expect(inflated([Buffer.from(bytes)], 5).toString()).toBe('Hello');
    expect(inflated([Buffer.of(0x00)], 5).toString()).toBe('');
  });

  it('joins fragments, wherever they were cut', () => {
    const payload = deflatedPayload('Hello, hello, hello');
    for (let cut = 0; cut <= payload.length; cut += 1) {
      expect(inflated([payload.subarray(0, cut), payload.subarray(cut)], 100).toString()).toBe('Hello, hello, hello');
    }
  });

  it('gives as much as is allowed and no more', () => {
    const payload = deflatedPayload('x'.repeat(1_000));
    expect(inflated([payload], 1_000)).toHaveLength(1_000);
    expect(inflated([payload], 999)).toBe('too_large');
  });

  it.each<[string, Buffer]>([
    ['a block of a reserved type', Buffer.of(0x06)],
    ['noise', Buffer.from('no deflate stream at all')],
    ['a stream that is cut off', deflatedPayload('Hello, this was cut').subarray(0, 9)],
    ['a stored block that promises more', Buffer.of(0x00, 0x80, 0x00, 0x7f, 0xff, 0x48)],
    ['nothing at all', Buffer.alloc(0)],
  ])('refuses %s', (_name, payload) => {
    expect(inflated([payload], 1_000)).toBe('corrupt');
  });
});
