import { describe, expect, it } from 'vitest';
import { FrameAssembly } from './frame-assembly.js';

describe('the assembly of a frame', () => {
  it('is timed from the first bytes that completed nothing', () => {
    const assembly = new FrameAssembly();
    expect([1_000, 1_500, 4_000].map((now) => assembly.arrived(now))).toEqual([0, 500, 3_000]);
    assembly.complete();
    expect([5_000, 9_000, 9_100].map((now) => assembly.arrived(now))).toEqual([0, 0, 100]);
  });

  it('does not take a node that stood still for a peer that drips', () => {
    const assembly = new FrameAssembly();
    expect([1_000, 1_100, 36_100, 36_200].map((now) => assembly.arrived(now))).toEqual([0, 100, 5_100, 5_200]);
  });

  it('ends however long the peer waits between two bytes', () => {
    const assembly = new FrameAssembly();
    expect([30_000, 60_000, 90_000, 120_000].map((now) => assembly.arrived(now))).toEqual([0, 5_000, 10_000, 15_000]);
  });

  it('is over with every chunk that completes a frame', () => {
    const assembly = new FrameAssembly();
    for (let now = 0; now < 100_000; now += 1_000) {
      assembly.complete();
      expect(assembly.arrived(now)).toBe(0);
    }
  });
});
