import fc from 'fast-check';

const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 });
const escape = fc.constantFrom('\\"', '\\\\', '\\/', '\\b', '\\n', '\\u0000', '\\u00e4', '\\ud83d\\ude42', '\\ud800', '\\u005C');
const character = fc.oneof(
  fc.constantFrom('{', '}', '[', ']', ',', ':', ' ', 'a', 'ä', '🙂'),
  escape,
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).map((text) => JSON.stringify(text).slice(1, -1)),
);
const string = fc.array(character, { maxLength: 8 }).map((parts) => `"${parts.join('')}"`);
const number = fc.constantFrom('0', '-0', '1.50', '1e400', '-12.5E-3', '12345678901234567890', '3.141592653589793238462643');
/**
 * Few keys, so that duplicates are common; the same key is also written with an escape. No key begins with a backslash: after such
 * an object V8 13.6 reads an escaped key at the same place as a backslash (parse `{"":0,"\\":0}`, then `{"":0,"\u0061":0}`), and JSON.parse is
 * what these texts are compared with.
 */
const key = fc.oneof(
  fc.constantFrom('"a"', '"\\u0061"', '"data"', '"__proto__"', '""', '"}"'),
  string.filter((text) => !(JSON.parse(text) as string).startsWith('\\')),
);

function spaced(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(space, text, space).map((parts) => parts.join(''));
}

const { value } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    number,
    string,
    fc.constantFrom('true', 'false', 'null'),
    tie('object'),
    tie('array'),
  ),
  object: fc
    .array(fc.tuple(spaced(key), spaced(tie('value'))), { maxLength: 6 })
    .chain((members) =>
      space.map((inner) => `{${members.length === 0 ? inner : members.map(([name, text]) => `${name}:${text}`).join(',')}}`),
    ),
  array: fc
    .array(spaced(tie('value')), { maxLength: 6 })
    .chain((elements) => space.map((inner) => `[${elements.length === 0 ? inner : elements.join(',')}]`)),
}));

/** Valid JSON as nobody would write it: odd white space, escapes, repeated keys, numbers that a double cannot hold. */
export const jsonText: fc.Arbitrary<string> = spaced(value);

/** Such JSON whose value is an object. */
export const jsonObjectText: fc.Arbitrary<string> = jsonText.filter((text) => text.trimStart().startsWith('{'));

/** Such JSON whose value is an array. */
export const jsonArrayText: fc.Arbitrary<string> = jsonText.filter((text) => text.trimStart().startsWith('['));
