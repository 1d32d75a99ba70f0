import { describe, expect, it } from 'vitest';
import { textFrame } from '../../protocol/text-frame.js';
import { sliceFrames } from './frame-slices.js';

const origin = { topic: 'a.b', namespace: 'a', from: 1, to: 5, messages: 5 };
const sizes = [10, 125, 126, 3_000, 65_535, 65_536, 80_000, 0, 7];
const frames = sizes.map((size) => textFrame('x'.repeat(size)));
const batch = { bytes: Buffer.concat(frames), frames: frames.length, origin };

describe('slices of a batch', () => {
  it.each([1, 200, 4_000, 65_536, 100_000, 1_000_000])('of at most %i bytes begin and end with frames and lose nothing', (most) => {
    const slices = sliceFrames(batch, most);
    expect(Buffer.concat(slices.map((slice) => slice.bytes)).equals(batch.bytes)).toBe(true);
    expect(slices.reduce((sum, slice) => sum + slice.frames, 0)).toBe(frames.length);
    for (const slice of slices) {
      expect(slice.bytes[0]).toBe(0x81);
      if (slice.frames > 1) expect(slice.bytes.length).toBeLessThanOrEqual(most);
    }
  });

  it('leave the origin with the last one', () => {
    const slices = sliceFrames(batch, 4_000);
    expect(slices.length).toBeGreaterThan(2);
    expect(slices.map((slice) => slice.origin)).toEqual([...Array<undefined>(slices.length - 1).fill(undefined), origin]);
  });

  it('of a small batch are the batch itself', () => {
    expect(sliceFrames(batch, 1_000_000)[0]).toBe(batch);
  });
});
