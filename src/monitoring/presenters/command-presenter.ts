import { type Span, SpanKind, trace } from '@opentelemetry/api';
import type { ErrorCode } from '../../protocol/error-codes.js';
import type { CommandStart, Observation } from '../../telemetry/telemetry.js';
import type { Metrics } from '../metrics/metrics.js';
import type { LiveProbes } from '../probes/live-probes.js';
import { ATTR_ACTION, ATTR_CONNECTION_ID, ATTR_MESSAGING_DESTINATION_TEMPLATE, ATTR_MESSAGING_MESSAGE_ID } from '../tracing/semconv.js';
import type { Tracing } from '../tracing/tracing.js';
import { SpanObservation } from './span-observation.js';

/** Pings would drown everything else; the publish actions have the publish span itself. */
const WITHOUT_SPAN: ReadonlySet<string> = new Set(['ping', 'topic.publish', 'user.send']);

const NAMES: Readonly<Record<string, string>> = { 'topic.subscribe': 'subscribe', 'topic.history': 'history' };

const MS_PER_SECOND = 1_000;

/** Spans that are named after the namespace as soon as it is known. */
const named = new WeakMap<Span, string>();

/** Presents the commands of sockets: each is a trace of its own, linked to the handshake of its connection. */
export class CommandPresenter {
  constructor(
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
    private readonly probes: LiveProbes,
  ) {}

  begin(start: CommandStart): Observation {
    const { action, connection, msgId, trace: clientTrace } = start;
    const name = NAMES[action];
    const span = WITHOUT_SPAN.has(action)
      ? undefined
      : this.tracing.root(
          'command',
          () => ({
            name: name ?? action,
            kind: SpanKind.SERVER,
            links: [connection.handshake, clientTrace],
            attributes: {
              [ATTR_ACTION]: action,
              [ATTR_CONNECTION_ID]: connection.id,
              ...(msgId === undefined ? {} : { [ATTR_MESSAGING_MESSAGE_ID]: msgId }),
            },
          }),
          this.probes.wishFor({ connectionId: connection.id, user: connection.user }),
        );
    if (span !== undefined && name !== undefined) {
      named.set(span, name);
      const { namespace } = start;
      if (namespace !== undefined) nameAfter(span, namespace);
    }
    return new Command(span, this.metrics, start, this.probes);
  }

  /** The running command turned out to be about this namespace; several of them leave the first one's name. */
  about(namespace: string): void {
    const span = trace.getActiveSpan();
    if (span !== undefined) nameAfter(span, namespace);
  }
}

function nameAfter(span: Span, namespace: string): void {
  const name = named.get(span);
  if (name === undefined) return;
  named.delete(span);
  span.updateName(`${name} ${namespace}`);
  span.setAttribute(ATTR_MESSAGING_DESTINATION_TEMPLATE, namespace);
}

class Command extends SpanObservation {
  constructor(
    span: Span | undefined,
    private readonly metrics: Metrics,
    private readonly start: CommandStart,
    private readonly probes: LiveProbes,
  ) {
    super(span);
  }

  protected override count(result: ErrorCode, seconds: number): void {
    const { action, connection, msgId } = this.start;
    this.metrics.series.commands.of(action, result).add(1);
    this.metrics.series.commandDuration.of(action).observe(seconds, this.span);
    // A publish is told as such, and pings would drown everything else.
    if (!this.probes.isActive || WITHOUT_SPAN.has(action)) return;
    const { traceId } = this;
    this.probes.saw({ kind: 'command', connection, action, msgId, result, durationMs: seconds * MS_PER_SECOND, traceId });
  }
}
