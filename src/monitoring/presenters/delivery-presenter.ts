import { type Span, SpanKind } from '@opentelemetry/api';
import type { ErrorCode } from '../../protocol/error-codes.js';
import type { DeliverCounts, DeliverObservation, DeliverStart } from '../../telemetry/telemetry.js';
import type { Metrics } from '../metrics/metrics.js';
import {
  ATTR_FANOUT_DROPPED,
  ATTR_FANOUT_QUEUED,
  ATTR_FANOUT_RECIPIENTS,
  ATTR_FANOUT_WRITTEN,
  ATTR_MESSAGING_DESTINATION_NAME,
  ATTR_MESSAGING_DESTINATION_TEMPLATE,
  ATTR_MESSAGING_MESSAGE_ID,
  ATTR_MESSAGING_OPERATION_NAME,
  ATTR_MESSAGING_OPERATION_TYPE,
  ATTR_MESSAGING_SYSTEM,
  ATTR_SEQ,
  MESSAGING_SYSTEM,
} from '../tracing/semconv.js';
import type { RecentSpans } from '../tracing/recent-spans.js';
import type { Tracing } from '../tracing/tracing.js';
import { parseTraceparent } from '../tracing/traceparent.js';
import { SpanObservation } from './span-observation.js';

/** Presents what becomes of a message at this node's subscribers; adds integers once for each message, not for each of them. */
export class DeliveryPresenter {
  constructor(
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
    private readonly traced: RecentSpans,
  ) {}

  begin(start: DeliverStart): DeliverObservation {
    const { namespace, topic, msgId, seq } = start;
    const span =
      start.trace === undefined || !this.isOurs(start.trace)
        ? undefined
        : this.tracing.childOf(start.trace, () => ({
            name: `deliver ${namespace}`,
            kind: SpanKind.CONSUMER,
            attributes: {
              [ATTR_MESSAGING_SYSTEM]: MESSAGING_SYSTEM,
              [ATTR_MESSAGING_OPERATION_NAME]: 'deliver',
              [ATTR_MESSAGING_OPERATION_TYPE]: 'process',
              [ATTR_MESSAGING_DESTINATION_TEMPLATE]: namespace,
              [ATTR_MESSAGING_DESTINATION_NAME]: topic,
              [ATTR_MESSAGING_MESSAGE_ID]: msgId,
              [ATTR_SEQ]: seq,
            },
          }));
    return new Delivery(span, this.metrics, namespace, start.acceptedAt);
  }

  /** What a client wrote into its message is handed on, but never decides what is traced. */
  private isOurs(traceparent: string): boolean {
    const parent = parseTraceparent(traceparent);
    return parent !== undefined && this.traced.has(parent.spanId);
  }

  /** What waited has an outcome now. */
  queuedOutcome(namespace: string, outcome: 'written' | 'dropped' | 'not_written', messages: number): void {
    const { deliveries, deliveriesQueued } = this.metrics.series;
    deliveries.of(namespace, outcome).add(messages);
    deliveriesQueued.of(namespace).add(-messages);
  }

  acknowledged(namespace: string, messages: number): void {
    this.metrics.series.deliveries.of(namespace, 'acked').add(messages);
  }
}

class Delivery extends SpanObservation implements DeliverObservation {
  private counted = false;

  constructor(
    span: Span | undefined,
    private readonly metrics: Metrics,
    private readonly namespace: string,
    private readonly acceptedAt: number,
  ) {
    super(span);
  }

  /** What is neither written, queued nor dropped belongs to connections that ended meanwhile: not written. */
  delivered(counts: DeliverCounts): void {
    if (this.counted) return;
    this.counted = true;
    const { namespace, metrics } = this;
    const { deliveries, deliveriesQueued, deliveryLatency, fanoutRecipients } = metrics.series;
    deliveries.of(namespace, 'matched').add(counts.matched);
    deliveries.of(namespace, 'written').add(counts.written);
    deliveries.of(namespace, 'dropped').add(counts.dropped);
    deliveries.of(namespace, 'not_written').add(counts.matched - counts.written - counts.queued - counts.dropped);
    deliveriesQueued.of(namespace).add(counts.queued);
    fanoutRecipients.of().observe(counts.matched);
    if (counts.written > 0) deliveryLatency.of(namespace).observe((Date.now() - this.acceptedAt) / 1_000, this.span);
    this.attribute({
      [ATTR_FANOUT_RECIPIENTS]: counts.matched,
      [ATTR_FANOUT_WRITTEN]: counts.written,
      [ATTR_FANOUT_QUEUED]: counts.queued,
      [ATTR_FANOUT_DROPPED]: counts.dropped,
    });
  }

  protected override count(_result: ErrorCode, seconds: number): void {
    this.metrics.series.fanoutDuration.of().observe(seconds);
  }
}
