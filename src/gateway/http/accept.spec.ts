import { describe, expect, it } from 'vitest';
import { wantsEventStream } from './accept.js';

describe('wantsEventStream', () => {
  it.each([
    [undefined, false],
    ['', false],
    ['*/*', false],
    ['text/*', false],
    ['application/json', false],
    ['text/event-stream', true],
    ['Text/Event-Stream', true],
    ['text/event-stream, */*', true],
    ['text/event-stream, application/json', true],
    ['application/json, text/event-stream;q=0.9', false],
    ['application/json;q=0.5, text/event-stream;q=0.9', true],
    ['text/event-stream;q=0', false],
    ['text/event-stream;q=much', false],
    ['text/event-stream;charset=utf-8', true],
    ['text/event-streams', false],
  ])('%s: %s', (accept, wanted) => {
    expect(wantsEventStream(accept)).toBe(wanted);
  });
});
