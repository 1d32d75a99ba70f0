import { type AutobahnCase, FAILED, textEvent } from '../case.js';
import { chopped, ping, text, together, withBits } from '../frames.js';

const HELLO = 'Hello, world!';
const BYTES = Buffer.from('00fffefdfcfb00ff', 'hex');

const afterEcho = { expected: [textEvent(HELLO)], lenient: [], end: FAILED } as const;
const atOnce = { expected: [], end: FAILED } as const;

/** 3: reserved bits that no extension has given a meaning. */
export const RESERVED_BITS: readonly AutobahnCase[] = [
  { id: '3.1', input: 'a text with RSV 1', steps: together(withBits(1, 'text', HELLO)), ...atOnce },
  { id: '3.2', input: 'a text, one with RSV 2, a ping', steps: together(text(HELLO), withBits(2, 'text', HELLO), ping()), ...afterEcho },
  {
    id: '3.3',
    input: 'the same with RSV 3, each in its own write',
    steps: [text(HELLO), withBits(3, 'text', HELLO), ping()],
    ...afterEcho,
  },
  {
    id: '3.4',
    input: 'the same with RSV 4, byte by byte',
    steps: chopped(1, text(HELLO), withBits(4, 'text', HELLO), ping()),
    ...afterEcho,
  },
  { id: '3.5', input: 'a binary message with RSV 5', steps: together(withBits(5, 'binary', BYTES)), ...atOnce },
  // Autobahn calls this one a ping; what it sends is a binary message.
  { id: '3.6', input: 'a binary message with RSV 6', steps: together(withBits(6, 'binary', HELLO)), ...atOnce },
  { id: '3.7', input: 'a close frame with RSV 7', steps: together(withBits(7, 'close')), ...atOnce },
];
