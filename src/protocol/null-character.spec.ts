import { describe, expect, it } from 'vitest';
import { holdsNullCharacter } from './null-character.js';

describe('U+0000', () => {
  it.each<[unknown, boolean]>([
    ['a\0b', true],
    [{ deep: [1, { list: ['x', '\0'] }] }, true],
    [{ 'na\0me': 1 }, true],
    ['plain \u0001', false],
    [{ deep: [1, null, true, { list: ['x'] }] }, false],
    [undefined, false],
  ])('in %j: %s', (value, found) => {
    expect(holdsNullCharacter(value)).toBe(found);
  });
});
