import { type Span, SpanKind, trace } from '@opentelemetry/api';
import type { ErrorCode } from '../../protocol/error-codes.js';
import type { AppendStart, Observation, PublishObservation, PublishStart } from '../../telemetry/telemetry.js';
import type { Metrics } from '../metrics/metrics.js';
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
import type { RecentSpans } from '../tracing/recent-spans.js';
import type { SpanStart, Tracing } from '../tracing/tracing.js';
import { SpanObservation } from './span-observation.js';

/** Presents publishes, their commits, and their way to the bus. */
export class PublishPresenter {
  constructor(
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
    private readonly traced: RecentSpans,
  ) {}

  /** Child of what runs now (a REST request, a handler's command), else a trace of its own. */
  begin(start: PublishStart): PublishObservation {
    const active = trace.getActiveSpan();
    const described = () => describePublish(start);
    const span = active === undefined ? this.tracing.root('message', described) : this.tracing.childOfActive(active, described);
    if (span !== undefined) this.traced.remember(span.spanContext().spanId);
    return new Publish(span, this.metrics, start);
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

function describePublish(start: PublishStart): SpanStart {
  return {
    name: `publish ${start.namespace}`,
    kind: SpanKind.SERVER,
    links: [start.connection?.handshake, start.trace],
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
  constructor(
    span: Span | undefined,
    private readonly metrics: Metrics,
    private readonly start: PublishStart,
  ) {
    super(span);
  }

  stored(epoch: string, seq: number, duplicate: boolean): void {
    this.attribute({ [ATTR_EPOCH]: epoch, [ATTR_SEQ]: seq, [ATTR_DUPLICATE]: duplicate });
  }

  protected override count(result: ErrorCode, seconds: number): void {
    const { door, namespace } = this.start;
    this.metrics.series.publishes.of(door, namespace, result).add(1);
    this.metrics.series.publishDuration.of(door).observe(seconds, this.span);
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
