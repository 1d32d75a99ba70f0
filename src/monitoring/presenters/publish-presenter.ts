import { type Span, type SpanContext, SpanKind, trace } from '@opentelemetry/api';
import type { ErrorCode } from '../../protocol/error-codes.js';
import type { AppendStart, Observation, PublishObservation, PublishStart } from '../../telemetry/telemetry.js';
import type { Metrics } from '../metrics/metrics.js';
import type { LiveProbes } from '../probes/live-probes.js';
import type { About } from '../probes/probe-target.js';
import {
  ATTR_BATCH_BYTES,
  ATTR_CONNECTION_ID,
  ATTR_DOOR,
  ATTR_DUPLICATE,
  ATTR_DURABLE,
  ATTR_EPOCH,
  ATTR_MESSAGING_BATCH_MESSAGE_COUNT,
  ATTR_MESSAGING_DESTINATION_NAME,
  ATTR_MESSAGING_DESTINATION_TEMPLATE,
  ATTR_MESSAGING_MESSAGE_BODY_SIZE,
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
import type { MessageLog, StoredAt } from './message-log.js';
import { SpanObservation } from './span-observation.js';

const MS_PER_SECOND = 1_000;

/** Presents publishes, their commits, and their way to the bus. */
export class PublishPresenter {
  constructor(
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
    private readonly traced: RecentSpans,
    private readonly rates: TopicRates,
    private readonly probes: LiveProbes,
    private readonly messages: MessageLog,
  ) {}

  /** Child of what runs now (a REST request, a handler's command), else of a message's publisher who is trusted, else a trace of its own. */
  begin(start: PublishStart): PublishObservation {
    const wish = this.probes.isActive ? this.probes.wishFor(aboutOf(start)) : undefined;
    const span = this.startSpan(start, trace.getActiveSpan(), wish);
    if (span !== undefined) this.traced.remember(span.spanContext().spanId);
    return new Publish(span, this.metrics, start, this.rates, this.probes, this.messages);
  }

  private startSpan(start: PublishStart, active: Span | undefined, wish: ProbeWish | undefined): Span | undefined {
    if (active !== undefined) {
      const child = this.tracing.childOfActive(active, () => describePublish(start, active.spanContext()), wish);
      return child ?? (wish?.takes() === true ? this.tracing.linked(describePublish(start), wish) : undefined);
    }
    const caller = this.tracing.trust === 'everyone' ? parseTraceparent(start.trace) : undefined;
    if (caller === undefined) return this.tracing.root('message', () => describePublish(start), wish);
    const followed = this.tracing.following(caller, 'message', describePublish(start, caller), wish);
    return followed.isRecording() ? followed : undefined;
  }

  beginAppend({ messages, bytes, publishes }: AppendStart): Observation {
    const [first, ...others] = publishes;
    const describe = (): SpanStart => ({
      name: 'append',
      kind: SpanKind.CLIENT,
      attributes: { [ATTR_MESSAGING_BATCH_MESSAGE_COUNT]: messages, [ATTR_BATCH_BYTES]: bytes },
    });
    const span = others.length === 0 ? this.tracing.childOf(first, describe) : this.tracing.linked({ ...describe(), links: publishes });
    return new Append(span, this.metrics, messages);
  }

  beginSend(namespace: string, traceparent: string | undefined): Observation {
    if (traceparent === undefined) return SEND_UNTRACED;
    return new Send(
      this.tracing.childOf(traceparent, () => ({
        name: `send ${namespace}`,
        kind: SpanKind.PRODUCER,
        attributes: {
          [ATTR_MESSAGING_SYSTEM]: MESSAGING_SYSTEM,
          [ATTR_MESSAGING_OPERATION_NAME]: 'send',
          [ATTR_MESSAGING_OPERATION_TYPE]: 'send',
          [ATTR_MESSAGING_DESTINATION_TEMPLATE]: namespace,
        },
      })),
    );
  }
}

function aboutOf({ topic, connection, publisher }: PublishStart): About {
  return { topic, connectionId: connection?.id, user: connection?.user ?? publisher };
}

/** The publisher's own context is linked, unless this is of its trace already. */
function describePublish(start: PublishStart, parent?: SpanContext): SpanStart {
  const own = parseTraceparent(start.trace)?.traceId === parent?.traceId ? undefined : start.trace;
  return {
    name: `publish ${start.namespace}`,
    kind: SpanKind.SERVER,
    links: [start.connection?.handshake, own],
    attributes: {
      [ATTR_MESSAGING_SYSTEM]: MESSAGING_SYSTEM,
      [ATTR_MESSAGING_OPERATION_NAME]: 'publish',
      [ATTR_MESSAGING_DESTINATION_TEMPLATE]: start.namespace,
      [ATTR_MESSAGING_DESTINATION_NAME]: start.topic,
      [ATTR_MESSAGING_MESSAGE_ID]: start.msgId,
      [ATTR_MESSAGING_MESSAGE_BODY_SIZE]: start.bytes,
      [ATTR_DOOR]: start.door,
      [ATTR_DURABLE]: start.durable,
      ...(start.connection === undefined ? {} : { [ATTR_CONNECTION_ID]: start.connection.id }),
    },
  };
}

class Publish extends SpanObservation implements PublishObservation {
  private position: StoredAt | undefined;

  constructor(
    span: Span | undefined,
    private readonly metrics: Metrics,
    private readonly start: PublishStart,
    private readonly rates: TopicRates,
    private readonly probes: LiveProbes,
    private readonly messages: MessageLog,
  ) {
    super(span);
  }

  stored(epoch: string, seq: number, duplicate: boolean): void {
    if (this.probes.isActive || this.messages.isOn) this.position = { epoch, seq, duplicate };
    this.attribute({ [ATTR_EPOCH]: epoch, [ATTR_SEQ]: seq, [ATTR_DUPLICATE]: duplicate });
    if (duplicate) this.metrics.series.repeatedPublishes.of(this.start.namespace).add(1);
    else this.rates.published(this.start.topic, this.start.bytes);
  }

  protected override count(result: ErrorCode, seconds: number, message: string | undefined): void {
    const { door, namespace } = this.start;
    this.metrics.series.publishes.of(door, namespace, result).add(1);
    this.metrics.series.publishDuration.of(door).observe(seconds, this.span);
    if (this.messages.isOn) this.messages.published(this.start, result, seconds * MS_PER_SECOND, this.position, message, this.span);
    if (!this.probes.isActive) return;
    const { topic, publisher, connection, msgId, bytes, dataText } = this.start;
    const { traceId, position: stored } = this;
    const durationMs = seconds * MS_PER_SECOND;
    const seen = { topic, publisher, connection, door, msgId, bytes, dataText, stored, result, message, durationMs, traceId };
    this.probes.saw({ kind: 'published', ...seen });
  }
}

class Append extends SpanObservation {
  constructor(
    span: Span | undefined,
    private readonly metrics: Metrics,
    private readonly messages: number,
  ) {
    super(span);
  }

  protected override count(_result: ErrorCode, seconds: number): void {
    this.metrics.series.appendBatchSize.of().observe(this.messages);
    this.metrics.series.appendDuration.of().observe(seconds, this.span);
  }
}

class Send extends SpanObservation {
  protected override count(): void {
    // The bus counts its own messages and errors.
  }
}

const SEND_UNTRACED = new Send(undefined);
