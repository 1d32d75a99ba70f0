import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText } from '../../test/support/json-text.js';
import { exceedsDepth } from './json-depth.js';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('exceedsDepth', () => {
  it.each([
    ['1', 0, false],
    ['"[[[["', 0, false],
    ['"\\"[["', 0, false],
    ['"\\\\"', 0, false],
    ['["\\\\",[1]]', 1, true],
    ['[]', 0, true],
    ['[]', 1, false],
    ['[{}]', 1, true],
    ['[{}]', 2, false],
    ['[[],[],[]]', 2, false],
    [nested(32), 32, false],
    [nested(33), 32, true],
    ['{"a":'.repeat(33) + '1' + '}'.repeat(33), 32, true],
    [nested(100_000), 32, true],
    ['['.repeat(1_000_000), 32, true],
  ])('%.20j at %i: %s', (json, limit, expected) => {
    expect(exceedsDepth(json, limit)).toBe(expected);
  });

  it('never calls text shallow that parses to something deep', () => {
    fc.assert(
      fc.property(jsonText, fc.integer({ min: 0, max: 8 }), (json, limit) => {
        if (depthOf(JSON.parse(json)) > limit) expect(exceedsDepth(json, limit)).toBe(true);
      }),
    );
  });

  it('agrees with the depth of what was written', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 0, max: 8 }), (value, limit) => {
        expect(exceedsDepth(JSON.stringify(value), limit)).toBe(depthOf(value) > limit);
      }),
    );
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
