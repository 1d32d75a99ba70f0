import { type AutobahnCase, BY_US, binaryEvent, textEvent } from '../case.js';
import { binary, chopped, text, together } from '../frames.js';

const LENGTHS = [0, 125, 126, 127, 128, 65_535, 65_536] as const;
const CHOP = 997;

/** 1.1 and 1.2: messages of the lengths where a frame's header changes its form. */
export const FRAMING: readonly AutobahnCase[] = [
  ...LENGTHS.map((length, index) => texts(`1.1.${index + 1}`, length)),
  texts('1.1.8', 65_536, CHOP),
  ...LENGTHS.map((length, index) => binaries(`1.2.${index + 1}`, length)),
  binaries('1.2.8', 65_536, CHOP),
];

function texts(id: string, length: number, chop?: number): AutobahnCase {
  const payload = '*'.repeat(length);
  return echoed(id, `text of ${length} bytes`, text(payload), textEvent(payload), chop);
}

function binaries(id: string, length: number, chop?: number): AutobahnCase {
  const payload = Buffer.alloc(length, 0xfe);
  return echoed(id, `binary of ${length} bytes`, binary(payload), binaryEvent(payload), chop);
}

function echoed(id: string, what: string, frame: Buffer, event: AutobahnCase['expected'][number], chop?: number): AutobahnCase {
  const input = chop === undefined ? what : `${what}, in writes of ${chop} bytes`;
  return { id, input, steps: chop === undefined ? together(frame) : chopped(chop, frame), expected: [event], end: BY_US };
}
