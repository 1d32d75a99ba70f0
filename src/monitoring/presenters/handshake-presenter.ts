import { type Span, SpanKind } from '@opentelemetry/api';
import { ERRORS, type ErrorCode } from '../../protocol/error-codes.js';
import type { ConnectionFacts, HandshakeObservation, HandshakeStart } from '../../telemetry/telemetry.js';
import type { Metrics } from '../metrics/metrics.js';
import type { LiveProbes } from '../probes/live-probes.js';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_CONNECTION_ID,
  ATTR_CONNECTION_REF,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PROTOCOL_NAME,
  ATTR_URL_PATH,
  ATTR_USER_AGENT_ORIGINAL,
} from '../tracing/semconv.js';
import { parseTraceContext } from '../tracing/traceparent.js';
import type { Tracing } from '../tracing/tracing.js';
import { cut } from '../../telemetry/client-text.js';
import { SpanObservation } from './span-observation.js';

const SWITCHING_PROTOCOLS = 101;
/** As REST calls it too. */
const TOPIC_SOCKET_ROUTE = '/api/v1/topics/:topic/messages';
const TOPIC_SOCKET = /^\/api\/v1\/topics\/[^/]+\/messages$/;

/** Presents upgrade requests. */
export class HandshakePresenter {
  constructor(
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
    private readonly probes: LiveProbes,
  ) {}

  begin(start: HandshakeStart): HandshakeObservation {
    const route = routeOf(start.path);
    const described = { name: route === undefined ? 'GET' : `GET ${route}`, kind: SpanKind.SERVER };
    const wish = this.probes.wishForNewcomers();
    const caller = this.tracing.trust === 'everyone' ? parseTraceContext(start.traceparent, start.tracestate) : undefined;
    const span =
      caller === undefined
        ? this.tracing.rootWithId('connection', { ...described, links: [start.traceparent] }, wish)
        : this.tracing.following(caller, 'connection', described, wish);
    const observation = new Handshake(span, this.metrics);
    observation.describe(start, route);
    return observation;
  }
}

class Handshake extends SpanObservation implements HandshakeObservation {
  constructor(
    span: Span,
    private readonly metrics: Metrics,
  ) {
    super(span);
  }

  describe(start: HandshakeStart, route: string | undefined): void {
    this.attribute({
      [ATTR_HTTP_REQUEST_METHOD]: 'GET',
      [ATTR_URL_PATH]: cut(start.path),
      [ATTR_NETWORK_PROTOCOL_NAME]: 'websocket',
      [ATTR_CLIENT_ADDRESS]: start.address,
      ...(route === undefined ? {} : { [ATTR_HTTP_ROUTE]: route }),
      ...(start.userAgent === undefined ? {} : { [ATTR_USER_AGENT_ORIGINAL]: cut(start.userAgent) }),
    });
  }

  opened(connection: ConnectionFacts): void {
    this.attribute({ [ATTR_CONNECTION_ID]: connection.id, [ATTR_CONNECTION_REF]: connection.ref });
  }

  protected override count(result: ErrorCode, seconds: number): void {
    this.attribute({ [ATTR_HTTP_RESPONSE_STATUS_CODE]: result === 'OK' ? SWITCHING_PROTOCOLS : ERRORS[result].http });
    this.metrics.series.handshakes.of(result).add(1);
    if (result === 'OK') this.metrics.series.handshakeDuration.of().observe(seconds, this.span);
  }
}

/** Only paths that exist are names; anything else is a client's own text. */
function routeOf(path: string): string | undefined {
  if (path === '/ws') return path;
  return TOPIC_SOCKET.test(path) ? TOPIC_SOCKET_ROUTE : undefined;
}
