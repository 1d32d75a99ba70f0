import { TraceFlags } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { formatTraceparent, parseTraceContext, parseTraceparent } from './traceparent.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('traceparent', () => {
  it('reads what it writes', () => {
    const context = { traceId: TRACE, spanId: SPAN, traceFlags: TraceFlags.SAMPLED };
    expect(formatTraceparent(context)).toBe(`00-${TRACE}-${SPAN}-01`);
    expect(parseTraceparent(formatTraceparent(context))).toEqual({ ...context, isRemote: true });
  });

  it('keeps only the flag it knows', () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-ff`)?.traceFlags).toBe(1);
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-02`)?.traceFlags).toBe(0);
  });

  it.each([
    undefined,
    '',
    'nonsense',
    `00-${TRACE}-${SPAN}`,
    `01-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-01\n`,
  ])('reads nothing from %j', (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });
});

describe('tracestate', () => {
  const PARENT = `00-${TRACE}-${SPAN}-01`;
  const stateOf = (text: string) => parseTraceContext(PARENT, text)?.traceState?.serialize();

  it.each(['rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'fw529a3039@dt=FfAAAQAAAA', 'a=b'])('takes %j along', (text) => {
    expect(stateOf(text)).toBe(text);
  });

  it.each([
    ['none', ''],
    ['one without a value', 'rojo'],
    ['one with a capital key', 'Rojo=1'],
    ['a key that comes twice', 'a=1,a=2'],
    ['more than 32 members', Array.from({ length: 33 }, (_, index) => `k${index}=1`).join(',')],
    ['more than 512 characters', `a=${'b'.repeat(200)},c=${'d'.repeat(200)},e=${'f'.repeat(110)}`],
    ['one with a control character', 'a=b\u0001'],
  ])('is dropped where it has %s, and the traceparent stays', (_what, text) => {
    expect(stateOf(text)).toBeUndefined();
    expect(parseTraceContext(PARENT, text)).toMatchObject({ traceId: TRACE, spanId: SPAN });
  });

  it('is nothing without a traceparent', () => {
    expect(parseTraceContext(undefined, 'a=b')).toBeUndefined();
  });
});
