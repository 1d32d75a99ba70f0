import { describe, expect, it } from 'vitest';
import { EventStreamParser } from './event-stream.ts';

const TEXT =
  ': watching\n\nid: 1\nevent: connected\ndata: {"n":1}\n\nevent: missed\ndata: {"events":3}\n\n: still here\n\nid: 5\nevent: ended\ndata: {"n":5,"m":"a: b"}\n\n';
const EVENTS = [
  { event: 'connected', data: '{"n":1}' },
  { event: 'missed', data: '{"events":3}' },
  { event: 'ended', data: '{"n":5,"m":"a: b"}' },
];

describe('a stream of events', () => {
  it.each([1, 2, 7, 1_000])('is the same in pieces of %d characters', (size) => {
    const parser = new EventStreamParser();
    const seen = [];
    for (let from = 0; from < TEXT.length; from += size) seen.push(...parser.push(TEXT.slice(from, from + size)));
    expect(seen).toEqual(EVENTS);
  });

  it('gives no half of an event', () => {
    expect(new EventStreamParser().push('event: a\ndata: {')).toEqual([]);
  });
});
