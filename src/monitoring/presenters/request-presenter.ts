import { type Span, SpanKind } from '@opentelemetry/api';
import type { ErrorCode } from '../../protocol/error-codes.js';
import type { RequestObservation, RequestStart } from '../../telemetry/telemetry.js';
import { cut } from '../../telemetry/client-text.js';
import { HTTP_METHODS } from '../metrics/label-values.js';
import type { Metrics } from '../metrics/metrics.js';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_URL_PATH,
} from '../tracing/semconv.js';
import { parseTraceContext } from '../tracing/traceparent.js';
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
    if (UNTRACED_PATHS.has(start.path)) return new Request(undefined, this.metrics, method);
    const { trust } = this.tracing;
    const caller = trust === 'nobody' ? undefined : parseTraceContext(start.traceparent, start.tracestate);
    const attributes = { [ATTR_HTTP_REQUEST_METHOD]: method, [ATTR_URL_PATH]: cut(start.path), [ATTR_CLIENT_ADDRESS]: start.address };
    const described = { name: method, kind: SpanKind.SERVER, attributes, startedAt: performance.now() };
    const linked = () => this.tracing.rootWithId('connection', { ...described, links: [start.traceparent] });
    const followed = () => (caller === undefined ? linked() : this.tracing.following(caller, 'connection', described));
    const request = new Request((by) => (trust === 'everyone' || by === 'key' ? followed() : linked()), this.metrics, method);
    // Where the answer does not depend on who calls, nothing waits for it.
    if (caller === undefined || trust === 'everyone') request.authenticated('other');
    return request;
  }
}

/** Begins the span of a request once it is known who calls. */
type SpanOf = (by: 'key' | 'other') => Span;

class Request extends SpanObservation implements RequestObservation {
  private responded = false;

  constructor(
    private begin: SpanOf | undefined,
    private readonly metrics: Metrics,
    private readonly method: string,
  ) {
    super(undefined);
  }

  authenticated(by: 'key' | 'other'): void {
    this.span ??= this.begin?.(by);
    this.begin = undefined;
  }

  override get traceId(): string | undefined {
    this.authenticated('other');
    return super.traceId;
  }

  respond(route: string, status: number): void {
    if (this.responded) return;
    this.responded = true;
    this.authenticated('other');
    this.metrics.series.httpRequestDuration.of(this.method, route, statusClass(status)).observe(this.elapsedSeconds(), this.span);
    if (this.span?.isRecording() !== true) return;
    this.span.updateName(route === NO_ROUTE ? this.method : `${this.method} ${route}`);
    this.attribute({ [ATTR_HTTP_ROUTE]: route, [ATTR_HTTP_RESPONSE_STATUS_CODE]: status });
  }

  override end(result: ErrorCode, detail?: { readonly message?: string }): void {
    this.authenticated('other');
    super.end(result, detail);
  }

  /** Its beginning was given, so its end has to be of the same clock. */
  protected override endTime(): number {
    return performance.now();
  }

  protected override count(_result: ErrorCode): void {
    // Requests are counted by their response: its route and status are known then.
  }
}

/** What is no status has no class; its label is then `other`. */
function statusClass(status: number): string {
  return Number.isFinite(status) ? `${Math.trunc(status / 100)}xx` : 'none';
}
