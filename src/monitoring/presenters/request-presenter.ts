import { type Span, SpanKind } from '@opentelemetry/api';
import type { ErrorCode } from '../../protocol/error-codes.js';
import type { RequestObservation, RequestStart } from '../../telemetry/telemetry.js';
import { cut } from '../logging/client-text.js';
import { HTTP_METHODS } from '../metrics/label-values.js';
import type { Metrics } from '../metrics/metrics.js';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_URL_PATH,
} from '../tracing/semconv.js';
import type { Tracing } from '../tracing/tracing.js';
import { SpanObservation } from './span-observation.js';

/** What the gateway calls the route of a path that has none. */
const NO_ROUTE = 'unknown';
const KNOWN_METHODS: ReadonlySet<string> = new Set(HTTP_METHODS);
/** Value of the HTTP conventions for a method that is not one of theirs. */
const OTHER_METHOD = '_OTHER';
const UNTRACED_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/** Presents REST requests; by the HTTP conventions, a caller's mistake does not fail the span. */
export class RequestPresenter {
  constructor(
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
  ) {}

  begin(start: RequestStart): RequestObservation {
    const method = KNOWN_METHODS.has(start.method) ? start.method : OTHER_METHOD;
    const span = UNTRACED_PATHS.has(start.path)
      ? undefined
      : this.tracing.rootWithId('connection', { name: method, kind: SpanKind.SERVER, links: [start.traceparent] });
    const observation = new Request(span, this.metrics, method);
    observation.describe(start);
    return observation;
  }
}

class Request extends SpanObservation implements RequestObservation {
  private responded = false;

  constructor(
    span: Span | undefined,
    private readonly metrics: Metrics,
    private readonly method: string,
  ) {
    super(span);
  }

  describe(start: RequestStart): void {
    this.attribute({ [ATTR_HTTP_REQUEST_METHOD]: this.method, [ATTR_URL_PATH]: cut(start.path), [ATTR_CLIENT_ADDRESS]: start.address });
  }

  respond(route: string, status: number): void {
    if (this.responded) return;
    this.responded = true;
    this.metrics.series.httpRequestDuration.of(this.method, route, statusClass(status)).observe(this.elapsedSeconds(), this.span);
    if (this.span?.isRecording() !== true) return;
    this.span.updateName(route === NO_ROUTE ? this.method : `${this.method} ${route}`);
    this.attribute({ [ATTR_HTTP_ROUTE]: route, [ATTR_HTTP_RESPONSE_STATUS_CODE]: status });
  }

  protected override count(_result: ErrorCode): void {
    // Requests are counted by their response: its route and status are known then.
  }
}

function statusClass(status: number): string {
  return `${Math.trunc(status / 100)}xx`;
}
