import type { ErrorCode } from '../protocol/error-codes.js';
import type { Refused } from '../telemetry/refused.js';
import { Telemetry } from '../telemetry/telemetry.js';
import type {
  AppendStart,
  CommandStart,
  ConnectionClose,
  ConnectionFacts,
  DeliverObservation,
  DeliverStart,
  DropReason,
  HandshakeObservation,
  HandshakeStart,
  JwksResult,
  Observation,
  PublishObservation,
  PublishStart,
  RequestObservation,
  RequestStart,
  RevocationKind,
  TlsFailure,
  SignInResult,
} from '../telemetry/telemetry.js';
import type { Log } from './logging/log.js';
import type { CounterCell } from './metrics/cells.js';
import type { Metrics } from './metrics/metrics.js';
import { CommandPresenter } from './presenters/command-presenter.js';
import { ConnectionPresenter } from './presenters/connection-presenter.js';
import { DeliveryPresenter } from './presenters/delivery-presenter.js';
import { HandshakePresenter } from './presenters/handshake-presenter.js';
import { PublishPresenter } from './presenters/publish-presenter.js';
import { RequestPresenter } from './presenters/request-presenter.js';
import { RefusalLog } from './refusals/refusal-log.js';
import { Refusals } from './refusals/refusals.js';
import { RecentSpans } from './tracing/recent-spans.js';
import type { Tracing } from './tracing/tracing.js';

const MS_PER_SECOND = 1_000;

/** Presents everything that happens as metrics, spans and, for connections, log lines. */
export class MetricsTelemetry extends Telemetry {
  private readonly handshakes: HandshakePresenter;
  private readonly connections: ConnectionPresenter;
  private readonly commands: CommandPresenter;
  private readonly requests: RequestPresenter;
  private readonly publishes: PublishPresenter;
  private readonly deliveries: DeliveryPresenter;
  private readonly refusalLog: RefusalLog;
  private readonly receivedBytes: CounterCell;
  private readonly sentBytes: CounterCell;
  private busFailedAt: number | undefined;

  constructor(
    private readonly metrics: Metrics,
    tracing: Tracing,
    log: Log,
    private readonly refusals: Refusals,
  ) {
    super();
    this.handshakes = new HandshakePresenter(metrics, tracing);
    this.connections = new ConnectionPresenter(metrics, tracing, log);
    this.commands = new CommandPresenter(metrics, tracing);
    this.requests = new RequestPresenter(metrics, tracing);
    const traced = new RecentSpans();
    this.publishes = new PublishPresenter(metrics, tracing, traced);
    this.deliveries = new DeliveryPresenter(metrics, tracing, traced);
    this.refusalLog = new RefusalLog(log);
    this.receivedBytes = metrics.series.receivedBytes.of();
    this.sentBytes = metrics.series.sentBytes.of();
  }

  /** When a call of the bus last failed, milliseconds since the epoch; for the health report. */
  get lastBusError(): number | undefined {
    return this.busFailedAt;
  }

  override handshake(start: HandshakeStart): HandshakeObservation {
    return this.handshakes.begin(start);
  }

  override handshakeRefused(result: ErrorCode): void {
    this.metrics.series.handshakes.of(result).add(1);
  }

  override connectionOpened(connection: ConnectionFacts): void {
    this.connections.opened(connection);
  }

  override connectionClosed(connection: ConnectionFacts, close: ConnectionClose): void {
    this.connections.closed(connection, close);
  }

  override authenticated(method: string, _result: ErrorCode, durationMs: number): void {
    this.metrics.series.authDuration.of(method).observe(durationMs / MS_PER_SECOND);
  }

  override tokenLookup(result: 'hit' | 'miss'): void {
    this.metrics.series.tokenLookups.of(result).add(1);
  }

  override jwksFetched(result: JwksResult): void {
    this.metrics.series.jwksFetches.of(result).add(1);
  }

  override revokedRefused(kind: RevocationKind): void {
    this.metrics.series.revokedRefused.of(kind).add(1);
  }

  override deviceAnswered(key: 'current' | 'previous' | 'none', result: ErrorCode): void {
    this.metrics.series.deviceAnswers.of(key, result).add(1);
  }

  override signIn(result: SignInResult): void {
    this.metrics.series.signIns.of(result).add(1);
  }

  override command(start: CommandStart): Observation {
    return this.commands.begin(start);
  }

  override request(start: RequestStart): RequestObservation {
    return this.requests.begin(start);
  }

  override received(bytes: number): void {
    this.receivedBytes.add(bytes);
  }

  override sent(bytes: number): void {
    this.sentBytes.add(bytes);
  }

  override publish(start: PublishStart): PublishObservation {
    return this.publishes.begin(start);
  }

  override append(start: AppendStart): Observation {
    return this.publishes.beginAppend(start);
  }

  override busSend(namespace: string, traceparent: string | undefined): Observation {
    return this.publishes.beginSend(namespace, traceparent);
  }

  override deliver(start: DeliverStart): DeliverObservation {
    return this.deliveries.begin(start);
  }

  override queuedOutcome(namespace: string, outcome: 'written' | 'dropped' | 'not_written', messages: number): void {
    this.deliveries.queuedOutcome(namespace, outcome, messages);
  }

  override acknowledged(namespace: string, messages: number): void {
    this.deliveries.acknowledged(namespace, messages);
  }

  override publishedBySql(namespace: string, messages: number): void {
    this.metrics.series.publishes.of('sql', namespace, 'OK').add(messages);
  }

  override dropped(reason: DropReason, messages: number): void {
    this.metrics.series.droppedMessages.of(reason).add(messages);
  }

  override gap(reason: string, side: 'server' | 'client', gaps = 1): void {
    this.metrics.series.gaps.of(reason, side).add(gaps);
  }

  override subscribed(namespace: string, result: ErrorCode): void {
    this.metrics.series.subscribes.of(result).add(1);
    this.commands.about(namespace);
  }

  override unsubscribed(): void {
    // The number of subscriptions is read from the gateway, which knows it.
  }

  override recovered(_namespace: string, result: 'recovered' | 'not_recovered', messages: number): void {
    this.metrics.series.recoveries.of(result).add(1);
    this.metrics.series.recoveredMessages.of().add(messages);
  }

  override rateLimited(scope: string): void {
    this.metrics.series.rateLimited.of(scope).add(1);
  }

  override refused(refused: Refused): void {
    this.refusalLog.write(this.refusals.add(refused));
  }

  override pong(roundTripMs: number): void {
    this.metrics.series.pingRoundTrip.of().observe(roundTripMs / MS_PER_SECOND);
  }

  override busMessage(direction: 'in' | 'out'): void {
    this.metrics.series.busMessages.of(direction).add(1);
  }

  override busError(operation: string): void {
    this.busFailedAt = Date.now();
    this.metrics.series.busErrors.of(operation).add(1);
  }

  override databaseOperation(operation: string, durationMs: number): void {
    this.metrics.series.databaseOperation.of(operation).observe(durationMs / MS_PER_SECOND);
  }

  override databasePoolWait(durationMs: number): void {
    this.metrics.series.databasePoolWait.of().observe(durationMs / MS_PER_SECOND);
  }

  override certificateLoaded(expiresAt: number): void {
    this.metrics.series.certificateExpiry.of().set(expiresAt / MS_PER_SECOND);
  }

  override certificateReload(result: 'reloaded' | 'failed'): void {
    this.metrics.series.certificateReloads.of(result).add(1);
  }

  override tlsRefused(reason: TlsFailure): void {
    this.metrics.series.tlsFailures.of(reason).add(1);
  }
}
