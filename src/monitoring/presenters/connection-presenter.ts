import { SpanKind } from '@opentelemetry/api';
import type { ConnectionClose, ConnectionFacts } from '../../telemetry/telemetry.js';
import type { Log } from '../logging/log.js';
import { spanIds } from '../logging/span-ids.js';
import { closeReason } from '../metrics/label-values.js';
import type { Metrics } from '../metrics/metrics.js';
import type { LiveProbes } from '../probes/live-probes.js';
import {
  ATTR_CLOSE_CODE,
  ATTR_CLOSE_INITIATOR,
  ATTR_CLOSE_REASON,
  ATTR_CONNECTION_DURATION,
  ATTR_CONNECTION_ID,
  ATTR_CONNECTION_REF,
} from '../tracing/semconv.js';
import { parseTraceparent } from '../tracing/traceparent.js';
import type { SpanStart, Tracing } from '../tracing/tracing.js';

/** Presents the lives of connections: one wide log line when one opens and one when it closes, and a span for the close. */
export class ConnectionPresenter {
  constructor(
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
    private readonly log: Log,
    private readonly probes: LiveProbes,
  ) {}

  opened(connection: ConnectionFacts): void {
    const { series } = this.metrics;
    series.connections.of(connection.transport ?? 'websocket').add(1);
    series.connectionsOpened.of().add(1);
    if (this.probes.isActive) this.probes.saw({ kind: 'connected', connection });
    this.log.info({ event: 'connection.opened', ...logged(connection) }, 'connection opened');
  }

  closed(connection: ConnectionFacts, close: ConnectionClose): void {
    const { series } = this.metrics;
    const reason = closeReason(close.code);
    series.connections.of(connection.transport ?? 'websocket').add(-1);
    series.connectionsClosed.of(close.initiator, reason).add(1);
    series.connectionDuration.of().observeMs(close.durationMs);
    this.trace(connection, close, reason);
    if (this.probes.isActive) this.probes.saw({ kind: 'closed', connection, close });
    this.log.info(
      {
        event: 'connection.closed',
        ...logged(connection),
        code: close.code,
        reason: close.reason,
        initiator: close.initiator,
        duration_ms: Math.round(close.durationMs),
        frames_in: close.framesIn,
        frames_out: close.framesOut,
        bytes_in: close.bytesIn,
        bytes_out: close.bytesOut,
        max_queued_bytes: close.maxQueuedBytes,
      },
      'connection closed',
    );
  }

  private trace(connection: ConnectionFacts, close: ConnectionClose, reason: string): void {
    const describe = (): SpanStart => ({
      name: 'close',
      kind: close.initiator === 'server' ? SpanKind.PRODUCER : SpanKind.CONSUMER,
      links: [connection.handshake],
      attributes: {
        [ATTR_CONNECTION_ID]: connection.id,
        [ATTR_CONNECTION_REF]: connection.ref,
        [ATTR_CONNECTION_DURATION]: Math.round(close.durationMs),
        [ATTR_CLOSE_CODE]: close.code,
        [ATTR_CLOSE_REASON]: reason,
        [ATTR_CLOSE_INITIATOR]: close.initiator,
      },
    });
    this.tracing.root('connection', describe, this.probes.wishFor({ connectionId: connection.id, user: connection.user }))?.end();
  }
}

/** The handshake's trace is the one that everything of a connection links to. */
function logged(connection: ConnectionFacts): Readonly<Record<string, string>> {
  return {
    connection_id: connection.id,
    ref: connection.ref,
    address: connection.address,
    ...(connection.user === undefined ? {} : { user: connection.user }),
    ...(connection.client === undefined ? {} : { client: connection.client }),
    ...spanIds(parseTraceparent(connection.handshake)),
  };
}
