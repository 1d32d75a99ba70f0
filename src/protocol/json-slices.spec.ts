import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonArrayText, jsonObjectText } from '../../test/support/json-text.js';
import { elementTexts, memberTexts } from './json-slices.js';

describe('memberTexts', () => {
  it.each([
    ['{}', {}],
    ['{"a":1}', { a: '1' }],
    [' { "a" : 1.50 , "b":[1, 2] } ', { a: '1.50', b: '[1, 2]' }],
    ['{"a":"}","b":"\\"]"}', { a: '"}"', b: '"\\"]"' }],
    ['{"a":1,"a":2}', { a: '2' }],
    ['{"a":1,"\\u0061":2}', { a: '2' }],
    ['{"n":12345678901234567890}', { n: '12345678901234567890' }],
    ['{"e":"\\\\"}', { e: '"\\\\"' }],
    ['{"d":{"x":{"y":[]}},"z":null}', { d: '{"x":{"y":[]}}', z: 'null' }],
    ['[1]', {}],
    ['"text"', {}],
  ])('of %s', (json, expected) => {
    expect(Object.fromEntries(memberTexts(json))).toEqual(expected);
  });

  it('keeps __proto__ as a key like any other', () => {
    expect([...memberTexts('{"__proto__":{"a":1}}')]).toEqual([['__proto__', '{"a":1}']]);
  });

  it('cuts the values that JSON.parse reads, with their text untouched', () => {
    fc.assert(
      fc.property(jsonObjectText, (json) => {
        const parsed = JSON.parse(json) as Record<string, unknown>;
        const slices = memberTexts(json);
        expect([...slices.keys()].toSorted()).toEqual(Object.keys(parsed).toSorted());
        for (const [key, text] of slices) {
          expect(JSON.parse(text)).toEqual(parsed[key]);
          expect(text).toBe(text.trim());
          expect(json).toContain(text);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('elementTexts', () => {
  it.each([
    ['[]', []],
    [' [ ] ', []],
    ['[1]', ['1']],
    ['[1 ,"," , {"a":[2]},[],null]', ['1', '","', '{"a":[2]}', '[]', 'null']],
    ['{"a":1}', []],
  ])('of %s', (json, expected) => {
    expect(elementTexts(json)).toEqual(expected);
  });

  it('cuts the elements that JSON.parse reads', () => {
    fc.assert(
      fc.property(jsonArrayText, (json) => {
        expect(elementTexts(json).map((text): unknown => JSON.parse(text))).toEqual(JSON.parse(json));
      }),
      { numRuns: 500 },
    );
  });
});
