import { type AutobahnCase, BY_US, FAILED, type Step, pongEvent, textEvent } from '../case.js';
import { chopped, last, more, ping, pingStart, pongStart, text, textStart, together } from '../frames.js';

const PARTS = ['fragment1', 'fragment2', 'fragment3', 'fragment4', 'fragment5'] as const;
const WHOLE = `${PARTS[0]}${PARTS[1]}`;
const PING = 'ping payload';
const STRAY = 'non-continuation payload';
const HELLO = 'Hello, world!';

/** The same frames in one write, in one write each, and byte by byte. */
function threeWays(first: number, input: string, frames: readonly Buffer[], rest: Pick<AutobahnCase, 'expected' | 'end'>): AutobahnCase[] {
  const ways: readonly (readonly [string, readonly Step[]])[] = [
    ['in one write', together(...frames)],
    ['each in its own write', frames],
    ['byte by byte', chopped(1, ...frames)],
  ];
  return ways.map(([way, steps], index) => ({ id: `5.${first + index}`, input: `${input}, ${way}`, steps, ...rest }));
}

const stray = (fin: boolean): readonly Buffer[] => {
  const round = [fin ? last(PARTS[0]) : more(PARTS[0]), textStart(PARTS[1]), last(PARTS[2])];
  return together(...round, ...round);
};

const interleaved = (apart: boolean): readonly Step[] => {
  const before = [textStart(PARTS[0]), more(PARTS[1]), ping('pongme 1!')];
  const after = [more(PARTS[2]), more(PARTS[3]), ping('pongme 2!'), last(PARTS[4])];
  // The first ping must be answered before the message goes on.
  return [...(apart ? before : together(...before)), { untilEvents: 1 }, ...(apart ? after : together(...after))];
};
const interleavedRest = { expected: [pongEvent('pongme 1!'), pongEvent('pongme 2!'), textEvent(PARTS.join(''))], end: BY_US } as const;

/** 5: messages of several frames, and control frames between them. */
export const FRAGMENTATION: readonly AutobahnCase[] = [
  { id: '5.1', input: 'a ping of two fragments', steps: together(pingStart(PARTS[0]), last(PARTS[1])), expected: [], end: FAILED },
  { id: '5.2', input: 'a pong of two fragments', steps: together(pongStart(PARTS[0]), last(PARTS[1])), expected: [], end: FAILED },
  ...threeWays(3, 'a text of two fragments', [textStart(PARTS[0]), last(PARTS[1])], { expected: [textEvent(WHOLE)], end: BY_US }),
  ...threeWays(6, 'a ping between two fragments', [textStart(PARTS[0]), ping(PING), last(PARTS[1])], {
    expected: [pongEvent(PING), textEvent(WHOLE)],
    end: BY_US,
  }),
  ...threeWays(9, 'a last fragment of nothing, a text', [last(STRAY), text(HELLO)], { expected: [], end: FAILED }),
  ...threeWays(12, 'a further fragment of nothing, a text', [more(STRAY), text(HELLO)], { expected: [], end: FAILED }),
  {
    id: '5.15',
    input: 'a text of two fragments, a fragment of nothing, a text',
    steps: together(textStart(PARTS[0]), last(PARTS[1]), more(PARTS[2]), text(PARTS[3])),
    expected: [textEvent(WHOLE)],
    lenient: [],
    end: FAILED,
  },
  { id: '5.16', input: 'twice: a further fragment of nothing, a text of two', steps: stray(false), expected: [], end: FAILED },
  { id: '5.17', input: 'twice: a last fragment of nothing, a text of two', steps: stray(true), expected: [], end: FAILED },
  {
    id: '5.18',
    input: 'a text inside a text',
    steps: together(textStart(PARTS[0]), text(PARTS[1])),
    expected: [],
    end: FAILED,
  },
  { id: '5.19', input: 'five fragments with two pings among them', steps: interleaved(false), ...interleavedRest },
  { id: '5.20', input: 'the same, each in its own write', steps: interleaved(true), ...interleavedRest },
];
