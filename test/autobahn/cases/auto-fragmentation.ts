import { type AutobahnCase, BY_US, textEvent } from '../case.js';
import { fragmented, together } from '../frames.js';

const PAYLOAD = Buffer.alloc(65_536, '*');

/** 10: what a client sends that cuts its messages by itself. */
export const AUTO_FRAGMENTATION: readonly AutobahnCase[] = [
  {
    id: '10.1.1',
    input: 'a text of 65536 bytes in fragments of 1300',
    steps: together(...fragmented('text', PAYLOAD, 1_300)),
    expected: [textEvent(PAYLOAD)],
    end: BY_US,
  },
];
