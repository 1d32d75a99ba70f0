import { describe, expect, it } from 'vitest';
import { CLOSES, mayReconnect } from './close-codes.js';
import { LIMITS } from './limits.js';

/** Every number that docs/protocol.md names, and whether a client that sees it returns. */
const PUBLISHED: readonly (readonly [number, boolean])[] = [
  [1000, false],
  [1002, false],
  [1003, false],
  [1007, false],
  [1008, false],
  [1009, false],
  [1011, true],
  [1012, true],
  [4400, true],
  [4401, true],
  [4402, true],
  [4408, true],
  [4409, true],
  [4412, true],
  [4414, true],
  [4429, true],
  [4450, true],
  [4500, false],
  [4501, false],
  [4503, false],
  [4505, false],
  [4513, false],
];

const OTHERS: readonly (readonly [number, boolean])[] = [
  [1001, true],
  [1005, true],
  [1006, true],
  [1010, false],
  [1013, true],
  [3000, true],
  [4000, true],
  [4499, true],
  [4999, false],
];

describe('close codes', () => {
  it('are exactly the published ones, each once', () => {
    expect(Object.values(CLOSES).map(({ code }) => code)).toEqual(PUBLISHED.map(([code]) => code));
  });

  it.each([...PUBLISHED, ...OTHERS])('%i: reconnect %s', (code, expected) => {
    expect(mayReconnect(code)).toBe(expected);
  });

  it.each(Object.entries(CLOSES))('%s has a reason that fits a close frame, and a sentence', (_name, { reason, meaning }) => {
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(LIMITS.closeReasonBytes);
    expect(meaning).toMatch(/^\w.+\.$/);
  });

  it('have reasons that differ, because they are metric labels', () => {
    const reasons = Object.values(CLOSES).map(({ reason }) => reason);
    expect(new Set(reasons).size).toBe(reasons.length);
  });
});
