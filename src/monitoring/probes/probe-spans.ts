import { type Span, SpanKind } from '@opentelemetry/api';
import type { WatchedPlace } from '../../telemetry/probe-watch.js';
import {
  ATTR_CONNECTION_ID,
  ATTR_CONNECTION_REF,
  ATTR_DELIVERY_BYTES,
  ATTR_DELIVERY_OUTCOME,
  ATTR_DELIVERY_QUEUE_TIME,
  ATTR_MESSAGING_DESTINATION_NAME,
  ATTR_MESSAGING_MESSAGE_ID,
  ATTR_SEQ,
  ATTR_USER,
} from '../tracing/semconv.js';
import type { Tracing } from '../tracing/tracing.js';
import { PerSecond } from './per-second.js';
import { toMicroseconds } from './probe-event.js';
import type { RecentMessage } from './recent-messages.js';

/** The span of one delivery to one connection. */
export interface DeliverySpan {
  /** The socket took it, or never will. */
  end(outcome: string, waitedMs: number): void;
}

/** What a delivery's span says from the start. */
export interface DeliveryFacts {
  readonly connection: { readonly id: string; readonly ref: string | undefined; readonly user: string | undefined };
  readonly place: WatchedPlace;
  readonly message: RecentMessage | undefined;
  readonly bytes: number;
}

/** Begins spans because a probe asks for them; so many a second for all probes of the node. */
export class ProbeSpans {
  private readonly rate: PerSecond;

  constructor(
    private readonly tracing: Tracing,
    spansPerSecond: number,
  ) {
    this.rate = new PerSecond(spansPerSecond);
  }

  /** Whether one more span may begin now. */
  take(): boolean {
    return this.rate.take();
  }

  /** `deliver connection`, child of the message's delivery; undefined where that is not traced or there were too many. */
  deliver({ connection, place, message, bytes }: DeliveryFacts): DeliverySpan | undefined {
    if (message?.delivery === undefined || !this.take()) return undefined;
    const span = this.tracing.childOf(message.delivery, () => ({
      name: 'deliver connection',
      kind: SpanKind.INTERNAL,
      attributes: {
        [ATTR_CONNECTION_ID]: connection.id,
        [ATTR_MESSAGING_DESTINATION_NAME]: place.topic,
        [ATTR_MESSAGING_MESSAGE_ID]: message.msgId,
        [ATTR_SEQ]: place.seq,
        [ATTR_DELIVERY_BYTES]: bytes,
        ...(connection.ref === undefined ? {} : { [ATTR_CONNECTION_REF]: connection.ref }),
        ...(connection.user === undefined ? {} : { [ATTR_USER]: connection.user }),
      },
    }));
    return span === undefined ? undefined : new SpanOfDelivery(span);
  }
}

class SpanOfDelivery implements DeliverySpan {
  constructor(private readonly span: Span) {}

  end(outcome: string, waitedMs: number): void {
    this.span.setAttribute(ATTR_DELIVERY_OUTCOME, outcome);
    this.span.setAttribute(ATTR_DELIVERY_QUEUE_TIME, toMicroseconds(waitedMs));
    this.span.end();
  }
}
