import type { ErrorCode } from '../protocol/error-codes.js';
import type { Refused } from '../telemetry/refused.js';
import { Telemetry } from '../telemetry/telemetry.js';
import type {
  AppendStart,
  CacheName,
  CommandStart,
  ConnectionClose,
  ConnectionFacts,
  DeliverObservation,
  DeliverStart,
  DropReason,
  HandshakeObservation,
  HandshakeStart,
  JwksResult,
  LedgerKind,
  Observation,
  PublishObservation,
  PublishStart,
  QueuedOutcome,
  RecoveryResult,
  RequestObservation,
  RequestStart,
  RevocationKind,
  SessionResult,
  TlsFailure,
  SignInResult,
} from '../telemetry/telemetry.js';
import type { Log } from './logging/log.js';
import type { CounterCell, HistogramCell } from './metrics/cells.js';
import { actionResult } from './metrics/label-values.js';
import type { Metrics } from './metrics/metrics.js';
import { CommandPresenter } from './presenters/command-presenter.js';
import { ConnectionPresenter } from './presenters/connection-presenter.js';
import { DeliveryPresenter } from './presenters/delivery-presenter.js';
import { HandshakePresenter } from './presenters/handshake-presenter.js';
import { MessageLog } from './presenters/message-log.js';
import { PublishPresenter } from './presenters/publish-presenter.js';
import { RequestPresenter } from './presenters/request-presenter.js';
import { LiveProbes } from './probes/live-probes.js';
import { ProbeSpans } from './probes/probe-spans.js';
import { RefusalLog } from './refusals/refusal-log.js';
import { Refusals } from './refusals/refusals.js';
import { RecentSpans } from './tracing/recent-spans.js';
import { TopicRates } from './topics/topic-rates.js';
import type { Tracing } from './tracing/tracing.js';

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
  private readonly busLag: HistogramCell;
  private busFailedAt: number | undefined;

  constructor(
    private readonly metrics: Metrics,
    tracing: Tracing,
    log: Log,
    private readonly refusals: Refusals,
    rates: TopicRates = new TopicRates(),
    private readonly live: LiveProbes = new LiveProbes(new ProbeSpans(tracing, 0), 0),
  ) {
    super();
    this.handshakes = new HandshakePresenter(metrics, tracing, live);
    this.connections = new ConnectionPresenter(metrics, tracing, log, live);
    this.commands = new CommandPresenter(metrics, tracing, live);
    this.requests = new RequestPresenter(metrics, tracing);
    const traced = new RecentSpans();
    const messages = new MessageLog(log);
    this.publishes = new PublishPresenter(metrics, tracing, traced, rates, live, messages);
    this.deliveries = new DeliveryPresenter(metrics, tracing, traced, rates, live, messages);
    this.refusalLog = new RefusalLog(log);
    this.receivedBytes = metrics.series.receivedBytes.of();
    this.sentBytes = metrics.series.sentBytes.of();
    this.busLag = metrics.series.busLag.of();
  }

  override get probes(): LiveProbes {
    return this.live;
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

  override strangerUnrecorded(): void {
    this.metrics.series.strangersUnrecorded.of().add(1);
  }

  override authenticated(method: string, _result: ErrorCode, durationMs: number): void {
    this.metrics.series.authDuration.of(method).observeMs(durationMs);
  }

  override cacheRequest(cache: CacheName, result: 'hit' | 'miss'): void {
    this.metrics.series.cacheRequests.of(cache, result).add(1);
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

  override operatorAction(action: string, result: ErrorCode): void {
    this.metrics.series.consoleActions.of(action, actionResult(result)).add(1);
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

  override queuedOutcome(namespace: string, outcome: QueuedOutcome, messages: number): void {
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

  override recovered(_namespace: string, result: RecoveryResult, messages: number): void {
    this.metrics.series.recoveries.of(result).add(1);
    this.metrics.series.recoveredMessages.of().add(messages);
  }

  override sessionResumed(result: SessionResult): void {
    this.metrics.series.sessionResumes.of(result).add(1);
  }

  override rateLimited(scope: string): void {
    this.metrics.series.rateLimited.of(scope).add(1);
  }

  override refused(refused: Refused): void {
    this.refusalLog.write(this.refusals.add(refused));
    if (this.live.isActive) this.live.saw({ kind: 'refused', refused });
  }

  override pong(roundTripMs: number): void {
    this.metrics.series.pingRoundTrip.of().observeMs(roundTripMs);
  }

  override busMessage(direction: 'in' | 'out', lagMs?: number): void {
    this.metrics.series.busMessages.of(direction).add(1);
    if (lagMs !== undefined) this.busLag.observeMs(lagMs);
  }

  override busRoundTrip(durationMs: number): void {
    this.busLag.observeMs(durationMs);
  }

  override busError(operation: string): void {
    this.busFailedAt = Date.now();
    this.metrics.series.busErrors.of(operation).add(1);
  }

  override databaseOperation(operation: string, durationMs: number): void {
    this.metrics.series.databaseOperation.of(operation).observeMs(durationMs);
  }

  override databasePoolWait(durationMs: number): void {
    this.metrics.series.databasePoolWait.of().observeMs(durationMs);
  }

  override ledgerRecorded(kind: LedgerKind, records: number): void {
    this.metrics.series.ledgerRecords.of(kind).add(records);
  }

  override ledgerDropped(kind: LedgerKind, records: number): void {
    this.metrics.series.ledgerDropped.of(kind).add(records);
  }

  override certificateLoaded(expiresAt: number): void {
    this.metrics.series.certificateExpiry.of().setMs(expiresAt);
  }

  override certificateReload(result: 'reloaded' | 'failed'): void {
    this.metrics.series.certificateReloads.of(result).add(1);
  }

  override tlsRefused(reason: TlsFailure): void {
    this.metrics.series.tlsFailures.of(reason).add(1);
  }
}
