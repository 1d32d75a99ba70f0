import { describe, expect, it } from 'vitest';
import type { Span } from './trace-answer.ts';
import { barsOf, ownTime, slowest, ticksOf } from './waterfall-layout.ts';

function span(id: string, offset: number, duration: number, parent?: string): Span {
  return {
    span_id: id,
    ...(parent === undefined ? {} : { parent_span_id: parent }),
    depth: 0,
    name: id,
    kind: 'INTERNAL',
    offset_ms: offset,
    duration_ms: duration,
    failed: false,
    attributes: {},
    links: [],
  };
}

const SPANS = [span('root', 0, 10), span('a', 1, 4, 'root'), span('b', 3, 5, 'root'), span('late', 9, 30, 'root')];

describe('a waterfall', () => {
  it('puts bars where the spans were, within the line', () => {
    const bars = barsOf({ spans: SPANS, duration_ms: 10 });
    expect(bars.get('a')).toMatchObject({ left: 0.1, width: 0.4 });
    expect(bars.get('late')?.left).toBeCloseTo(0.9);
    expect(bars.get('late')?.width).toBeCloseTo(0.1);
  });

  it('counts children that ran at the same time once, and no more of them than within their parent', () => {
    expect(ownTime(span('root', 0, 10), SPANS)).toBe(2);
  });

  it('names the span in which most time went', () => {
    expect(slowest(SPANS)?.name).toBe('late');
    expect(slowest([])).toBeUndefined();
  });

  it('survives a trace without a duration', () => {
    expect(barsOf({ spans: [span('x', 0, 0)], duration_ms: 0 }).get('x')).toMatchObject({ left: 0, width: 0 });
    expect(ticksOf(0)).toEqual([0]);
  });

  it.each([
    [10, [0, 2, 4, 6, 8, 10]],
    [7.3, [0, 2, 4, 6]],
    [1_200, [0, 250, 500, 750, 1_000]],
  ])('has round times for %d ms', (whole, ticks) => {
    expect(ticksOf(whole)).toEqual(ticks);
  });
});
