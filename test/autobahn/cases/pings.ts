import { type AutobahnCase, BY_US, FAILED, NORMAL, pongEvent } from '../case.js';
import { chopped, close, closePayload, ping, pong, together } from '../frames.js';

const BYTES = Buffer.from('00fffefdfcfb00ff', 'hex');
const LARGEST = Buffer.alloc(125, 0xfe);
const TEN = Array.from({ length: 10 }, (_, index) => `payload-${index}`);
const CLOSED = { by: 'steps', codes: [NORMAL], clean: true } as const;
const goodbye = (): Buffer => close(closePayload(NORMAL));

/** 2: pings are answered with their payload, pongs that nobody asked for are not. */
export const PINGS: readonly AutobahnCase[] = [
  { id: '2.1', input: 'a ping without payload', steps: together(ping()), expected: [pongEvent('')], end: BY_US },
  { id: '2.2', input: 'a ping with text', steps: together(ping('Hello, world!')), expected: [pongEvent('Hello, world!')], end: BY_US },
  { id: '2.3', input: 'a ping with bytes that are no text', steps: together(ping(BYTES)), expected: [pongEvent(BYTES)], end: BY_US },
  { id: '2.4', input: 'a ping of 125 bytes', steps: together(ping(LARGEST)), expected: [pongEvent(LARGEST)], end: BY_US },
  { id: '2.5', input: 'a ping of 126 bytes', steps: together(ping(Buffer.alloc(126, 0xfe))), expected: [], end: FAILED },
  { id: '2.6', input: 'a ping of 125 bytes, byte by byte', steps: chopped(1, ping(LARGEST)), expected: [pongEvent(LARGEST)], end: BY_US },
  { id: '2.7', input: 'a pong that nobody asked for', steps: together(pong(), goodbye()), expected: [], end: CLOSED },
  {
    id: '2.8',
    input: 'a pong that nobody asked for, with payload',
    steps: together(pong('unsolicited pong payload'), goodbye()),
    expected: [],
    end: CLOSED,
  },
  {
    id: '2.9',
    input: 'a pong that nobody asked for, then a ping',
    steps: together(pong('unsolicited pong payload'), ping('ping payload')),
    expected: [pongEvent('ping payload')],
    end: BY_US,
  },
  { id: '2.10', input: 'ten pings', steps: together(...TEN.map(ping)), expected: TEN.map(pongEvent), end: BY_US },
  { id: '2.11', input: 'ten pings, byte by byte', steps: chopped(1, ...TEN.map(ping)), expected: TEN.map(pongEvent), end: BY_US },
];
