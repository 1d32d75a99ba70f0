import { type Span, SpanKind } from '@opentelemetry/api';
import type { ErrorCode } from '../../protocol/error-codes.js';
import type { DeliverCounts, DeliverObservation, DeliverStart, QueuedOutcome } from '../../telemetry/telemetry.js';
import type { Metrics } from '../metrics/metrics.js';
import type { LiveProbes } from '../probes/live-probes.js';
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
import type { TopicRates } from '../topics/topic-rates.js';
import type { RecentSpans } from '../tracing/recent-spans.js';
import type { ProbeWish, SpanStart, Tracing } from '../tracing/tracing.js';
import { parseTraceparent } from '../tracing/traceparent.js';
import type { MessageLog } from './message-log.js';
import { SpanObservation } from './span-observation.js';

/** Presents what becomes of a message at this node's subscribers; adds integers once for each message, not for each of them. */
export class DeliveryPresenter {
  constructor(
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
    private readonly traced: RecentSpans,
    private readonly rates: TopicRates,
    private readonly probes: LiveProbes,
    private readonly messages: MessageLog,
  ) {}

  begin(start: DeliverStart): DeliverObservation {
    const { topic, trace } = start;
    this.rates.handedOut(topic, start.bytes);
    const described = (): SpanStart => describe(start);
    const wish = this.probes.isActive ? this.probes.wishFor({ topic }) : undefined;
    let span = trace !== undefined && this.isOurs(trace) ? this.tracing.childOf(trace, described, wish) : undefined;
    // Its publish was another program's transaction, so this is the first that is seen of it.
    if (span === undefined && start.door === 'sql') span = this.followSql(trace, described, wish);
    // Nobody traced it: under a probe its delivery is a trace of its own.
    if (span === undefined && wish?.takes() === true) span = this.tracing.linked({ ...described(), links: [trace] }, wish);
    return new Delivery(span, this.metrics, start, this.rates, this.messages);
  }

  /** What a client wrote into its message is handed on, but never decides what is traced. */
  private isOurs(traceparent: string): boolean {
    const parent = parseTraceparent(traceparent);
    return parent !== undefined && this.traced.has(parent.spanId);
  }

  /** Whoever publishes by SQL has a login of the database. */
  private followSql(traceparent: string | undefined, described: () => SpanStart, wish: ProbeWish | undefined): Span | undefined {
    const caller = this.tracing.trust === 'nobody' ? undefined : parseTraceparent(traceparent);
    if (caller === undefined || caller.traceFlags === 0) return undefined;
    const span = this.tracing.following(caller, 'message', described(), wish);
    return span.isRecording() ? span : undefined;
  }

  /** What waited has an outcome now. */
  queuedOutcome(namespace: string, outcome: QueuedOutcome, messages: number): void {
    if (!Number.isFinite(messages)) return;
    const { deliveries, deliveriesQueued } = this.metrics.series;
    deliveries.of(namespace, outcome).add(messages);
    deliveriesQueued.of(namespace).add(-messages);
  }

  acknowledged(namespace: string, messages: number): void {
    this.metrics.series.deliveries.of(namespace, 'acked').add(messages);
  }
}

function describe({ namespace, topic, msgId, seq }: DeliverStart): SpanStart {
  return {
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
  };
}

class Delivery extends SpanObservation implements DeliverObservation {
  private counted = false;

  constructor(
    span: Span | undefined,
    private readonly metrics: Metrics,
    private readonly start: DeliverStart,
    private readonly rates: TopicRates,
    private readonly messages: MessageLog,
  ) {
    super(span);
  }

  /** Each number is counted where it happens and none is made from the others: so that their balance says something. */
  delivered(counts: DeliverCounts): void {
    if (this.counted) return;
    this.counted = true;
    const { metrics } = this;
    const { namespace, topic, acceptedAt } = this.start;
    this.rates.delivered(topic, counts.matched);
    const { deliveries, deliveriesQueued, deliveryLatency, fanoutRecipients } = metrics.series;
    deliveries.of(namespace, 'matched').add(counts.matched);
    deliveries.of(namespace, 'written').add(counts.written);
    deliveries.of(namespace, 'dropped').add(counts.dropped);
    deliveries.of(namespace, 'not_written').add(counts.notWritten);
    deliveriesQueued.of(namespace).add(counts.queued);
    fanoutRecipients.of().observe(counts.matched);
    const latencyMs = Date.now() - acceptedAt;
    if (Number.isFinite(counts.written) && counts.written > 0) deliveryLatency.of(namespace).observeMs(latencyMs, this.span);
    if (this.messages.isOn) this.messages.delivered(this.start, counts, latencyMs, this.span);
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
