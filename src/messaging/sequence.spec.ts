import { describe, expect, it } from 'vitest';
import type { Message } from './message.js';
import { Sequence } from './sequence.js';

const message = (seq: number): Message => ({
  topic: 'a',
  epoch: 'e',
  seq,
  msgId: `m${seq}`,
  publisher: 'p',
  action: 'message',
  dataText: '1',
  timestamp: 0,
  clientTimestamp: undefined,
  door: 'socket',
  trace: undefined,
});

describe('Sequence', () => {
  it('gives what came early when its turn has come', () => {
    const sequence = new Sequence('e');
    for (const seq of [4, 2, 3]) sequence.keep(message(seq));
    expect([sequence.nextKept, sequence.takeNext()]).toEqual([2, undefined]);
    sequence.advance(1);
    const taken: number[] = [];
    for (let next = sequence.takeNext(); next !== undefined; next = sequence.takeNext()) {
      taken.push(next.seq);
      sequence.advance(next.seq);
    }
    expect([taken, sequence.last, sequence.kept]).toEqual([[2, 3, 4], 4, 0]);
  });

  // Otherwise the healer would ask the log for what comes after 5 and before 3, for ever.
  it('forgets what came early and was read from the log meanwhile', () => {
    const sequence = new Sequence('e');
    sequence.keep(message(3));
    sequence.keep(message(9));
    for (let seq = 1; seq <= 5; seq += 1) sequence.advance(seq);
    expect([sequence.nextKept, sequence.kept]).toEqual([9, 1]);
    sequence.advance(9);
    expect([sequence.nextKept, sequence.kept, sequence.incomplete]).toEqual([undefined, 0, false]);
  });
});
