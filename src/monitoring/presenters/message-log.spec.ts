import { SpanKind } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { Config } from '../../config/config.js';
import type { DeliverStart, PublishStart } from '../../telemetry/telemetry.js';
import { Log } from '../logging/log.js';
import { Tracing } from '../tracing/tracing.js';
import { MessageLog } from './message-log.js';

type Line = Readonly<Record<string, unknown>>;

const PUBLISH: PublishStart = {
  namespace: 'orders',
  topic: 'orders.42',
  door: 'socket',
  msgId: 'm-1',
  bytes: 12,
  durable: true,
  trace: undefined,
  connection: { id: 'c-9', ref: 'AB12-CD34', user: 'alice', address: '192.0.2.1', client: undefined, handshake: undefined },
  publisher: 'alice',
  dataText: '{"card":"4711"}',
};
const DELIVERY: DeliverStart = {
  namespace: 'orders',
  topic: 'orders.42',
  seq: 13,
  msgId: 'm-1',
  bytes: 80,
  trace: undefined,
  acceptedAt: 0,
};
const COUNTS = { matched: 3, written: 1, queued: 1, dropped: 1, notWritten: 0 };

function setUp(level: string) {
  const config = Config.from({ WAYBILL_LOG_LEVEL: level });
  const lines: Line[] = [];
  const log = new Log(config, { write: (line) => lines.push(JSON.parse(line) as Line) });
  const span = new Tracing(config).rootWithId('connection', { name: 'publish orders', kind: SpanKind.SERVER });
  return { lines, log, messages: new MessageLog(log), span };
}

describe('MessageLog', () => {
  it('names message, trace, publisher and position, and nothing of the payload', () => {
    const { lines, messages, span } = setUp('debug');
    const { traceId, spanId } = span.spanContext();
    messages.published(PUBLISH, 'OK', 1.23456, { epoch: 'e1', seq: 13, duplicate: false }, undefined, span);
    messages.delivered(DELIVERY, COUNTS, 4, span);
    const ids = { topic: 'orders.42', msg_id: 'm-1', seq: 13, trace_id: traceId, span_id: spanId };
    expect(lines).toEqual([
      expect.objectContaining({
        ...ids,
        event: 'message.published',
        publisher: 'alice',
        door: 'socket',
        epoch: 'e1',
        result: 'OK',
        duration_ms: 1.235,
        connection_id: 'c-9',
        ref: 'AB12-CD34',
      }),
      expect.objectContaining({
        ...ids,
        event: 'message.delivered',
        recipients: 3,
        written: 1,
        queued: 1,
        dropped: 1,
        not_written: 0,
        latency_ms: 4,
      }),
    ]);
    expect(lines[0]).not.toHaveProperty('duplicate');
    expect(JSON.stringify(lines)).not.toContain('4711');
  });

  it('says why one was refused, and that one was a repeat', () => {
    const { lines, messages } = setUp('debug');
    messages.published(PUBLISH, 'PERMISSION_DENIED', 1, undefined, 'alice may not publish there');
    messages.published(PUBLISH, 'OK', 1, { epoch: 'e1', seq: 12, duplicate: true });
    expect(lines).toMatchObject([
      { event: 'message.refused', result: 'PERMISSION_DENIED', reason: 'alice may not publish there' },
      { event: 'message.published', duplicate: true, seq: 12 },
    ]);
    expect(lines[0]).not.toHaveProperty('seq');
  });

  it('is off at other levels, and on as soon as the level is changed', () => {
    const { lines, log, messages } = setUp('info');
    expect(messages.isOn).toBe(false);
    messages.published(PUBLISH, 'OK', 1, undefined);
    expect(lines).toEqual([]);
    log.level = 'debug';
    expect(messages.isOn).toBe(true);
    messages.published(PUBLISH, 'OK', 1, undefined);
    expect(lines).toHaveLength(1);
  });
});
