import type { StoredMessage } from '../../messaging/ledger/ledger-reader.js';
import { type SpanContext, TraceFlags } from '@opentelemetry/api';
import type { Config } from '../../config/config.js';
import { collectorOf, traceLink } from '../tracing/collector.js';
import type { SpanRing } from '../tracing/span-ring.js';
import { parseTraceparent } from '../tracing/traceparent.js';

/** What a waybill shows of the message itself. Its payload is personal data, and only there where it was asked for. */
export interface MessageFacts {
  readonly msg_id: string;
  readonly action: string;
  /** Size of the payload's JSON text. */
  readonly bytes: number;
  readonly erased?: true;
  /** The payload, as JSON. */
  readonly data?: unknown;
}

/** Where a message came from. Times are milliseconds since the epoch. */
export interface MessageOrigin {
  readonly publisher: string;
  /** `socket`, `rest` or `sql`. */
  readonly door: string;
  readonly address?: string;
  readonly connection_id?: string;
  /** Of the publishing connection, where it is known. */
  readonly ref?: string;
  /** Database role, for the SQL door. */
  readonly role?: string;
  readonly accepted_at: number;
  readonly stored_at?: number;
  readonly client_timestamp?: number;
  /** As subscribers are told it: the publisher's own, or where there was none that of the publish. */
  readonly traceparent?: string;
  /** Of the publish; where that was not traced, of the publisher. */
  readonly trace_id?: string;
  /** `kept`: its spans are at `ops/traces/{trace_id}`; `exported`: the collector has them; `not_sampled`; `gone`: they were kept once. */
  readonly trace: 'kept' | 'exported' | 'not_sampled' | 'gone' | 'none';
  /** Where to look at what is exported, if `WAYBILL_TRACE_LINK` says. */
  readonly trace_link?: string;
}

export function messageFacts(message: StoredMessage, payload: boolean): MessageFacts {
  const { msgId, action, dataText, erased } = message;
  return {
    msg_id: msgId,
    action,
    bytes: Buffer.byteLength(dataText),
    ...(erased ? { erased } : {}),
    ...(payload ? { data: JSON.parse(dataText) as unknown } : {}),
  };
}

export function originOf(message: StoredMessage, ref: string | undefined, ring: SpanRing, config: Config): MessageOrigin {
  const { publisher, door, timestamp, storedAt, clientTimestamp, origin } = message;
  const context = parseTraceparent(origin?.trace ?? message.trace);
  const trace = traceState(context, ring, collectorOf(config) !== undefined);
  const link = trace === 'exported' && context !== undefined ? traceLink(config, context.traceId) : undefined;
  return {
    publisher,
    door,
    ...(origin?.address === undefined ? {} : { address: origin.address }),
    ...(origin?.connection === undefined ? {} : { connection_id: origin.connection }),
    ...(ref === undefined ? {} : { ref }),
    ...(origin?.role === undefined ? {} : { role: origin.role }),
    accepted_at: timestamp,
    ...(storedAt === undefined ? {} : { stored_at: storedAt }),
    ...(clientTimestamp === undefined ? {} : { client_timestamp: clientTimestamp }),
    ...(message.trace === undefined ? {} : { traceparent: message.trace }),
    ...(context === undefined ? {} : { trace_id: context.traceId }),
    trace,
    ...(link === undefined ? {} : { trace_link: link }),
  };
}

function traceState(context: SpanContext | undefined, ring: SpanRing, hasCollector: boolean): MessageOrigin['trace'] {
  if (context === undefined) return 'none';
  if (ring.trace(context.traceId).length > 0) return 'kept';
  if ((context.traceFlags & TraceFlags.SAMPLED) === 0) return 'not_sampled';
  return hasCollector ? 'exported' : 'gone';
}
