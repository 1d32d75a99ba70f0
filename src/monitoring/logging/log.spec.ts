import { SpanKind, context, trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { Config } from '../../config/config.js';
import { requestContext } from '../../telemetry/request-context.js';
import { Tracing } from '../tracing/tracing.js';
import { Log } from './log.js';
import { NestLogger } from './nest-logger.js';
import { RepeatLimiter } from './repeat-limiter.js';

type Line = Readonly<Record<string, unknown>>;

function setUp(env: Record<string, string> = {}) {
  const config = Config.from({ WAYBILL_TRACE_RATIO: '1', ...env });
  const clock = { now: 0 };
  const lines: Line[] = [];
  const log = new Log(config, { write: (line) => lines.push(JSON.parse(line) as Line) }, new RepeatLimiter(() => clock.now));
  return { clock, lines, log, nest: new NestLogger(log), tracing: new Tracing(config) };
}

describe('Log', () => {
  it('carries the ids of the current span and of the request', () => {
    const { lines, log, tracing } = setUp();
    const span = tracing.rootWithId('connection', { name: 'GET', kind: SpanKind.SERVER });
    const { traceId, spanId } = span.spanContext();
    context.with(trace.setSpan(context.active(), span), () => log.info({}, 'inside the span'));
    requestContext.run({ traceId: 'a'.repeat(32), connectionId: 'c-9', user: 'alice' }, () => log.info({}, 'inside the request'));
    log.info({}, 'outside');
    expect(lines[0]).toMatchObject({ level: 'info', msg: 'inside the span', trace_id: traceId, span_id: spanId, trace_flags: '01' });
    expect(lines[1]).not.toHaveProperty('span_id');
    expect(lines[1]).toMatchObject({ trace_id: 'a'.repeat(32), connection_id: 'c-9' });
    expect(lines[2]).not.toHaveProperty('trace_id');
    expect(lines[2]).not.toHaveProperty('connection_id');
  });

  it('names the node and obeys the level', () => {
    const { lines, log } = setUp({ WAYBILL_NODE_ID: 'node-7', WAYBILL_LOG_LEVEL: 'warn' });
    log.info({}, 'unseen');
    log.warn({}, 'seen');
    expect(lines).toEqual([expect.objectContaining({ level: 'warn', node: 'node-7', msg: 'seen' })]);
  });

  it('writes the first of equal warnings, then one with the count after ten seconds', () => {
    const { clock, lines, log } = setUp();
    for (let index = 0; index < 100; index += 1) log.warn({ connection_id: `c-${index}` }, 'slow consumer');
    log.warn({}, 'another warning');
    clock.now = 9_999;
    log.warn({}, 'slow consumer');
    clock.now = 10_000;
    log.warn({}, 'slow consumer');
    expect(lines.map(({ msg, repeated }) => [msg, repeated])).toEqual([
      ['slow consumer', undefined],
      ['another warning', undefined],
      ['slow consumer', 100],
    ]);
  });

  it('tells errors with different causes apart, and never limits information', () => {
    const { lines, log } = setUp();
    log.error({ err: new Error('one') }, 'handler failed');
    log.error({ err: new Error('two') }, 'handler failed');
    log.error({ err: new Error('two') }, 'handler failed');
    for (let index = 0; index < 3; index += 1) log.info({}, 'connection opened');
    expect(lines.map(({ msg }) => msg)).toEqual([
      'handler failed',
      'handler failed',
      'connection opened',
      'connection opened',
      'connection opened',
    ]);
  });
});

describe('RepeatLimiter', () => {
  it('does not grow without bound', () => {
    const limiter = new RepeatLimiter(() => 0);
    for (let index = 0; index < 10_000; index += 1) expect(limiter.admit(`key ${index}`)).toBe(0);
    expect(limiter.admit('key 9999')).toBeUndefined();
    expect(limiter.admit('key 1')).toBe(0);
  });
});

describe('NestLogger', () => {
  it('puts Nest’s context, errors and stacks where ours stand', () => {
    const { lines, nest } = setUp();
    nest.log('started', 'Bootstrap');
    nest.error('it failed', 'Error: boom\n    at somewhere', 'Handler');
    nest.error(new TypeError('bad'), 'Handler');
    nest.warn('with details', { topic: 'a', token: 'x' }, 'Hub');
    nest.log({ action: 'topic.delete', by: 'key:a' }, 'Audit');
    expect(lines).toEqual([
      expect.objectContaining({ level: 'info', context: 'Bootstrap', msg: 'started' }),
      expect.objectContaining({
        level: 'error',
        context: 'Handler',
        msg: 'it failed',
        err: expect.objectContaining({ message: 'Error: boom', stack: 'Error: boom\n    at somewhere' }),
      }),
      expect.objectContaining({ level: 'error', context: 'Handler', msg: 'bad', err: expect.objectContaining({ type: 'TypeError' }) }),
      expect.objectContaining({ level: 'warn', context: 'Hub', topic: 'a', token: '[redacted]' }),
      expect.objectContaining({ level: 'info', context: 'Audit', action: 'topic.delete', by: 'key:a' }),
    ]);
  });
});
