import { type AutobahnCase, BY_US, type End, INVALID_PAYLOAD, type Step, textEvent } from '../case.js';
import { fragmented, last, more, text, textStart, together } from '../frames.js';
import { KOSME, UTF8_LISTS } from './utf8-lists.js';

const INVALID: End = { by: 'peer', codes: [INVALID_PAYLOAD] };
const FIRST_HALF = 'Hello-µ@ßöä';
const SECOND_HALF = 'üàá-UTF-8!!';
const GREETING = Buffer.from(`${FIRST_HALF}${SECOND_HALF}`);
const WORD = Buffer.from(KOSME, 'hex');
/** A surrogate within good text. */
const BROKEN = Buffer.from(`${KOSME}eda080656469746564`, 'hex');
/** A code point beyond U+10FFFF within good text: byte 12 decides. */
const BEYOND = Buffer.from(`${KOSME}f4908080656469746564`, 'hex');

const echoed = (id: string, input: string, frames: readonly Buffer[], payload: Buffer | string): AutobahnCase => ({
  id,
  input,
  steps: together(...frames),
  expected: [textEvent(payload)],
  end: BY_US,
});

/** A message in three parts: a strict peer fails the connection at the second. */
function failFast(id: string, input: string, ...[first, second, third]: readonly Buffer[]): AutobahnCase {
  const steps = [first, { pause: 'A' }, second, { pause: 'B' }, third] as readonly Step[];
  const mark = (name: string) => ({ kind: 'mark', name }) as const;
  return { id, input, steps, expected: [mark('A')], lenient: [mark('A'), mark('B')], end: INVALID };
}

/** The parts as they stand in one frame: its header comes with the first. */
function chops(...cuts: readonly number[]): readonly Buffer[] {
  const frame = text(BEYOND);
  const header = frame.length - BEYOND.length;
  const bounds = [0, ...cuts.map((cut) => cut + header), frame.length];
  return bounds.slice(1).map((end, index) => frame.subarray(bounds[index], end));
}

const parts = (first: number, second: number): readonly Buffer[] => [
  textStart(BEYOND.subarray(0, first)),
  more(BEYOND.subarray(first, second)),
  last(BEYOND.subarray(second)),
];

/** 6: text is UTF-8 (RFC 3629), however it is cut. */
export const UTF8: readonly AutobahnCase[] = [
  echoed('6.1.1', 'an empty text', [text('')], ''),
  echoed('6.1.2', 'three empty fragments', [textStart(''), more(''), last('')], ''),
  echoed('6.1.3', 'an empty fragment before and after', [textStart(''), more('middle frame payload'), last('')], 'middle frame payload'),
  echoed('6.2.1', 'good text', [text(GREETING)], GREETING),
  echoed('6.2.2', 'good text, cut between characters', [textStart(FIRST_HALF), last(SECOND_HALF)], GREETING),
  echoed('6.2.3', 'good text, in fragments of one byte', fragmented('text', GREETING, 1), GREETING),
  echoed('6.2.4', 'Greek text, in fragments of one byte', fragmented('text', WORD, 1), WORD),
  { id: '6.3.1', input: 'a surrogate in one frame', steps: together(text(BROKEN)), expected: [], end: INVALID },
  {
    id: '6.3.2',
    input: 'the same in fragments of one byte',
    steps: together(...fragmented('text', BROKEN, 1)),
    expected: [],
    end: INVALID,
  },
  failFast('6.4.1', 'the second of three fragments is no UTF-8', ...parts(11, 15)),
  failFast('6.4.2', 'the same, up to the byte that decides', ...parts(12, 13)),
  failFast('6.4.3', 'as 6.4.1, in three parts of one frame', ...chops(11, 15)),
  failFast('6.4.4', 'as 6.4.2, in three parts of one frame', ...chops(12, 13)),
  ...UTF8_LISTS.flatMap(([name, samples], list) =>
    samples.map(({ hex, valid }, index): AutobahnCase => {
      const payload = Buffer.from(hex, 'hex');
      const id = `6.${list + 5}.${index + 1}`;
      const input = `${name}: ${hex}`;
      return valid
        ? echoed(id, input, [text(payload)], payload)
        : { id, input, steps: together(text(payload)), expected: [], end: INVALID };
    }),
  ),
];
