/** A payload by its bytes in hexadecimal, and whether it is UTF-8. */
export interface Utf8Sample {
  readonly hex: string;
  readonly valid: boolean;
}

/** Greek kosme, whose prefixes end within characters. */
export const KOSME = 'cebae1bdb9cf83cebcceb5';
const KOSME_ENDS = new Set([2, 5, 7, 9, 11]);

const good = (...hex: readonly string[]): readonly Utf8Sample[] => hex.map((bytes) => ({ hex: bytes, valid: true }));
const bad = (...hex: readonly string[]): readonly Utf8Sample[] => hex.map((bytes) => ({ hex: bytes, valid: false }));
const inHello = (hex: string): string => `${Buffer.from('hello').toString('hex')}${hex}${Buffer.from('world').toString('hex')}`;
const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, index) => from + index);
const byte = (value: number): string => value.toString(16).padStart(2, '0');

const LAST_BYTE_MISSING = ['c0', 'e080', 'f08080', 'f8808080', 'fc80808080', 'df', 'efbf', 'f7bfbf', 'fbbfbfbf', 'fdbfbfbfbf'] as const;

/** The last two code points of a plane: no characters, but UTF-8 (RFC 3629). Planes 1 to 16 and their like with the second byte 8f to bf. */
function nonCharacters(): readonly Utf8Sample[] {
  return ['f0', 'f1', 'f2', 'f3', 'f4'].flatMap((first) =>
    ['8f', '9f', 'af', 'bf']
      // Overlong below, beyond U+10FFFF above.
      .filter((second) => !(first === 'f0' && second === '8f') && !(first === 'f4' && second !== '8f'))
      .flatMap((second) => good(`${first}${second}bfbe`, `${first}${second}bfbf`)),
  );
}

/** 6.5 to 6.23, in order: the lists of Markus Kuhn's UTF-8 decoder test with those that Autobahn put before and after. */
export const UTF8_LISTS: readonly (readonly [name: string, samples: readonly Utf8Sample[]])[] = [
  ['valid UTF-8', good(inHello('24'), inHello('c2a2'), inHello('e282ac'), inHello('f0a4ada2'), KOSME)],
  ['prefixes of a word', range(1, 12).map((bytes) => ({ hex: KOSME.slice(0, bytes * 2), valid: KOSME_ENDS.has(bytes) }))],
  ['first of a length', good('00', 'c280', 'e0a080', 'f0908080')],
  ['first of length 5 and 6', bad('f888808080', 'fc8480808080')],
  ['last of a length', good('7f', 'dfbf', 'efbfbf', 'f48fbfbf')],
  ['last of length 4 to 6', bad('f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf')],
  ['other boundaries', [...good('ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf'), ...bad('f4908080')]],
  [
    'continuation bytes alone',
    bad('80', 'bf', '80bf', '80bf80', '80bf80bf', '80bf80bf80', '80bf80bf80bf', range(0x80, 0xbf).map(byte).join('')),
  ],
  [
    'start bytes alone',
    bad(
      ...(
        [
          [0xc0, 0xdf],
          [0xe0, 0xef],
          [0xf0, 0xf7],
          [0xf8, 0xfb],
          [0xfc, 0xfd],
        ] as const
      ).map(([from, to]) =>
        range(from, to)
          .map((value) => `${byte(value)}20`)
          .join(''),
      ),
    ),
  ],
  ['last byte missing', bad(...LAST_BYTE_MISSING)],
  ['last bytes missing, one after another', bad(LAST_BYTE_MISSING.join(''))],
  ['bytes that never occur', bad('fe', 'ff', 'fefeffff')],
  ['overlong ASCII', bad('c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af')],
  ['overlong at most', bad('c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf')],
  ['overlong NUL', bad('c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080')],
  ['single surrogates', bad('eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf')],
  [
    'paired surrogates',
    bad('eda080edb080', 'eda080edbfbf', 'edadbfedb080', 'edadbfedbfbf', 'edae80edb080', 'edae80edbfbf', 'edafbfedb080', 'edafbfedbfbf'),
  ],
  ['non-characters', [...good('efbfbe', 'efbfbf'), ...nonCharacters()]],
  ['specials', good('efbfb9', 'efbfba', 'efbfbb', 'efbfbc', 'efbfbd', 'efbfbe', 'efbfbf')],
];
