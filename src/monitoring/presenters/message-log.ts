import type { Span } from '@opentelemetry/api';
import type { ErrorCode } from '../../protocol/error-codes.js';
import type { DeliverCounts, DeliverStart, PublishStart } from '../../telemetry/telemetry.js';
import type { Log, LogFields } from '../logging/log.js';
import { spanIds } from '../logging/span-ids.js';

/** Where a message was stored. */
export interface StoredAt {
  readonly epoch: string;
  readonly seq: number;
  readonly duplicate: boolean;
}

/**
 * At `debug`, a line for each publish and one for its delivery on this node, with the ids of message and trace: what leads from a trace to
 * the lines around it and on to the waybill. At other levels nothing is written: a line for each message would cost more than the message.
 */
export class MessageLog {
  constructor(private readonly log: Log) {}

  /** Asked before anything is put together for a line. */
  get isOn(): boolean {
    return this.log.writesDebug;
  }

  /** `stored`: undefined where it was refused; `why`: then what the caller was told. */
  published(start: PublishStart, result: ErrorCode, durationMs: number, stored: StoredAt | undefined, why?: string, span?: Span): void {
    const { topic, msgId, publisher, door, bytes, connection } = start;
    const isStored = result === 'OK';
    this.log.debug(
      {
        event: isStored ? 'message.published' : 'message.refused',
        topic,
        msg_id: msgId,
        ...(stored === undefined ? {} : { epoch: stored.epoch, seq: stored.seq }),
        ...(stored?.duplicate === true ? { duplicate: true } : {}),
        publisher,
        door,
        bytes,
        result,
        ...(isStored || why === undefined ? {} : { reason: why }),
        duration_ms: rounded(durationMs),
        ...(connection === undefined ? {} : { connection_id: connection.id, ref: connection.ref }),
        ...idsOf(span),
      },
      isStored ? 'message published' : 'message refused',
    );
  }

  delivered({ topic, msgId, seq }: DeliverStart, counts: DeliverCounts, latencyMs: number, span?: Span): void {
    const { matched, written, queued, dropped, notWritten } = counts;
    this.log.debug(
      {
        event: 'message.delivered',
        topic,
        msg_id: msgId,
        seq,
        recipients: matched,
        written,
        queued,
        dropped,
        not_written: notWritten,
        latency_ms: rounded(latencyMs),
        ...idsOf(span),
      },
      'message delivered',
    );
  }
}

/** The line is written when the span is no longer, or not yet, the current one. */
function idsOf(span: Span | undefined): LogFields {
  return { ...spanIds(span?.spanContext()) };
}

/** Milliseconds to a microsecond. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
