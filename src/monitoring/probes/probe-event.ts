import type { Sighting } from '../../telemetry/probe-watch.js';
import type { ConnectionFacts } from '../../telemetry/telemetry.js';
import type { About } from './probe-target.js';

/** Fields of an event, in the words of REST; those that are undefined are left out. */
export type EventFields = Readonly<Record<string, unknown>>;

/** An event that is no delivery: who it is about, what it says, and the payload of its message. */
export interface SeenEvent {
  readonly about: About;
  readonly kind: string;
  readonly fields: EventFields;
  readonly payload?: string | undefined;
}

/** A sighting as an event; docs/probes.md says what each field means. Deliveries that were settled have their own way. */
export function eventOf(sighting: Exclude<Sighting, { readonly kind: 'settled' }>): SeenEvent {
  switch (sighting.kind) {
    case 'connected': {
      const { address, client, transport = 'websocket' } = sighting.connection;
      return ofConnection('connected', sighting.connection, { address, client, transport });
    }
    case 'closed': {
      const { code, reason, initiator, durationMs, framesIn, framesOut, bytesIn, bytesOut, maxQueuedBytes } = sighting.close;
      return ofConnection('closed', sighting.connection, {
        code,
        reason,
        initiator,
        duration_ms: Math.round(durationMs),
        frames_in: framesIn,
        frames_out: framesOut,
        bytes_in: bytesIn,
        bytes_out: bytesOut,
        max_queued_bytes: maxQueuedBytes,
      });
    }
    case 'refused':
      return refused(sighting);
    case 'command': {
      const { action, msgId, result, durationMs, traceId } = sighting;
      return ofConnection('command', sighting.connection, {
        action,
        msg_id: msgId,
        result,
        duration_ms: toMicroseconds(durationMs),
        trace_id: traceId,
      });
    }
    case 'published':
      return published(sighting);
    case 'subscribed': {
      const { epoch, head, recovered, count } = sighting;
      return ofSubscriber(sighting, { epoch, head, recovered, missed: count });
    }
    case 'unsubscribed':
      return ofSubscriber(sighting, {});
    case 'acked':
      return ofSubscriber(sighting, { seq: sighting.seq });
    case 'slow':
      return ofConnection(sighting.slow ? 'slow' : 'caught_up', sighting.connection, { queued_bytes: sighting.queuedBytes });
    case 'gap':
      return ofConnection('gap', sighting.connection, { gaps: sighting.gaps });
  }
}

/** Who a connection is, on every event that is about one. */
export function whose({ id, ref, user }: Pick<ConnectionFacts, 'id' | 'ref' | 'user'>): EventFields {
  return { connection_id: id, ref, user };
}

/** Milliseconds, to the microsecond. */
export function toMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}

/** The beginning of a payload; a copy, so that the whole one is not kept alive. */
export function cutText(payload: string, mostBytes: number): EventFields {
  const bytes = Buffer.from(payload);
  if (bytes.length <= mostBytes) return { payload: bytes.toString() };
  // A character that the cut went through is left out.
  const text = new TextDecoder().decode(bytes.subarray(0, mostBytes), { stream: true });
  return { payload: text, payload_cut: true };
}

function ofConnection(kind: string, connection: ConnectionFacts, fields: EventFields): SeenEvent {
  const { id: connectionId, user } = connection;
  return { kind, about: { connectionId, user }, fields: { ...whose(connection), ...fields } };
}

function ofSubscriber(
  sighting: Extract<Sighting, { readonly kind: 'subscribed' | 'unsubscribed' | 'acked' }>,
  fields: EventFields,
): SeenEvent {
  const { kind, subscriber, topic, traceId } = sighting;
  const user = subscriber.facts?.user ?? subscriber.principal.id;
  return {
    kind,
    about: { connectionId: subscriber.id, user, topic },
    fields: { connection_id: subscriber.id, ref: subscriber.facts?.ref, user, topic, ...fields, trace_id: traceId },
  };
}

function refused({ refused: said }: Extract<Sighting, { readonly kind: 'refused' }>): SeenEvent {
  const { kind, code, rule, message, user, address, client, topic, connectionId, ref, traceId } = said;
  return {
    kind: 'refused',
    about: { connectionId, user, topic },
    fields: { connection_id: connectionId, ref, user, what: kind, code, rule, message, topic, address, client, trace_id: traceId },
  };
}

function published(sighting: Extract<Sighting, { readonly kind: 'published' }>): SeenEvent {
  const { topic, publisher, connection, door, msgId, bytes, stored, result, message, durationMs, traceId, dataText } = sighting;
  return {
    kind: 'published',
    about: { connectionId: connection?.id, user: connection?.user ?? publisher, topic },
    fields: {
      connection_id: connection?.id,
      ref: connection?.ref,
      user: connection?.user ?? publisher,
      topic,
      msg_id: msgId,
      door,
      bytes,
      result,
      message,
      ...stored,
      duration_ms: toMicroseconds(durationMs),
      trace_id: traceId,
    },
    payload: dataText,
  };
}
