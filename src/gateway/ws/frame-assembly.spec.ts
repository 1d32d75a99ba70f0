import { describe, expect, it } from 'vitest';
import { FrameAssembly } from './frame-assembly.js';

describe('the assembly of a frame', () => {
  it('is timed from the first bytes that completed nothing', () => {
    const assembly = new FrameAssembly();
    expect([1_000, 1_500, 4_000].map((now) => assembly.arrived(now))).toEqual([0, 500, 3_000]);
    assembly.complete();
    expect([5_000, 9_000, 9_100].map((now) => assembly.arrived(now))).toEqual([0, 0, 100]);
  });

  it('is over with every chunk that completes a frame', () => {
    const assembly = new FrameAssembly();
    for (let now = 0; now < 100_000; now += 1_000) {
      assembly.complete();
      expect(assembly.arrived(now)).toBe(0);
    }
  });
});
