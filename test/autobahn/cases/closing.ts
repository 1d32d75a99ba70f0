import { type AutobahnCase, INVALID_PAYLOAD, NORMAL, NO_CODE, PROTOCOL_ERROR, textEvent } from '../case.js';
import { close, closePayload, last, ping, text, textStart, together } from '../frames.js';
import { KOSME } from './utf8-lists.js';

const HELLO = 'Hello World!';
const CLEAN = { by: 'steps', codes: [NORMAL], clean: true } as const;
const REFUSED = { by: 'steps', codes: [PROTOCOL_ERROR], clean: false } as const;
const goodbye = (): Buffer => close(closePayload(NORMAL));
const BROKEN = Buffer.from(`${KOSME}eda080656469746564`, 'hex');

const VALID_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999] as const;
const INVALID_CODES = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999] as const;

/** What the standard says nothing of: written down, not judged. */
const open = (id: string, code: number): AutobahnCase => ({
  id,
  input: `close code ${code}`,
  steps: together(close(closePayload(code))),
  expected: [],
  end: { by: 'steps', codes: [NORMAL, code, PROTOCOL_ERROR], clean: false },
  informational: true,
});

/** 7: the closing handshake, what a close frame may hold, and what may follow it. */
export const CLOSING: readonly AutobahnCase[] = [
  { id: '7.1.1', input: 'a text and a close frame', steps: together(text(HELLO), goodbye()), expected: [textEvent(HELLO)], end: CLEAN },
  { id: '7.1.2', input: 'two close frames', steps: together(goodbye(), close()), expected: [], end: CLEAN },
  { id: '7.1.3', input: 'a ping after the close frame', steps: together(goodbye(), ping()), expected: [], end: CLEAN },
  { id: '7.1.4', input: 'a text after the close frame', steps: together(goodbye(), text(HELLO)), expected: [], end: CLEAN },
  {
    id: '7.1.5',
    input: 'a close frame between two fragments',
    steps: together(textStart('fragment1'), goodbye(), last('fragment2')),
    expected: [],
    end: CLEAN,
  },
  {
    id: '7.1.6',
    input: '256 KiB of text, a text, a close frame, a ping',
    steps: together(text('BAsd7&jh23'.repeat(26_215).slice(0, 262_144)), text(HELLO), goodbye(), ping()),
    expected: [textEvent('BAsd7&jh23'.repeat(26_215).slice(0, 262_144)), textEvent(HELLO)],
    lenient: [],
    end: CLEAN,
    informational: true,
  },
  { id: '7.3.1', input: 'an empty close frame', steps: together(close()), expected: [], end: { ...CLEAN, codes: [NORMAL, NO_CODE] } },
  { id: '7.3.2', input: 'a close frame of one byte', steps: together(close('a')), expected: [], end: REFUSED },
  { id: '7.3.3', input: 'a close frame with a code', steps: together(goodbye()), expected: [], end: CLEAN },
  { id: '7.3.4', input: 'a close frame with a reason', steps: together(close(closePayload(NORMAL, HELLO))), expected: [], end: CLEAN },
  {
    id: '7.3.5',
    input: 'a close frame with a reason of 123 bytes',
    steps: together(close(closePayload(NORMAL, '*'.repeat(123)))),
    expected: [],
    end: CLEAN,
  },
  {
    id: '7.3.6',
    input: 'a close frame of more than 125 bytes',
    steps: together(close(closePayload(NORMAL, closePayload(NORMAL, '*'.repeat(125))))),
    expected: [],
    end: REFUSED,
  },
  {
    id: '7.5.1',
    input: 'a close frame whose reason is no UTF-8',
    steps: together(close(closePayload(NORMAL, BROKEN))),
    expected: [],
    end: { by: 'steps', codes: [PROTOCOL_ERROR, INVALID_PAYLOAD], clean: false },
  },
  ...VALID_CODES.map((code, index): AutobahnCase => ({
    id: `7.7.${index + 1}`,
    input: `close code ${code}`,
    steps: together(close(closePayload(code))),
    expected: [],
    end: { by: 'steps', codes: [NORMAL, code], clean: true },
  })),
  ...INVALID_CODES.map((code, index): AutobahnCase => ({
    id: `7.9.${index + 1}`,
    input: `close code ${code}, which nobody may send`,
    steps: together(close(closePayload(code))),
    expected: [],
    end: REFUSED,
  })),
  open('7.13.1', 5000),
  open('7.13.2', 65_535),
];
