import {
  type BeforeApplicationShutdown,
  Global,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { AuditTrail } from '../audit/audit-trail.js';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { AuthView } from '../auth/auth-view.js';
import { ClusterModule } from '../cluster/cluster.module.js';
import { Registry } from '../cluster/registry.js';
import { Config } from '../config/config.js';
import { LiveSettings } from '../config/live-settings.js';
import { nodeIdOf } from '../config/node-id.js';
import { BusView } from '../messaging/bus-view.js';
import { GatewayControl } from '../messaging/gateway-control.js';
import { Ledger } from '../messaging/ledger/ledger.js';
import { NodeDrain } from '../messaging/node-drain.js';
import { ProbeTopic } from '../messaging/probe-topic.js';
import { PublishQueueView } from '../messaging/publish-queue-view.js';
import { TopicsView } from '../messaging/topics-view.js';
import { DatabaseHealth } from '../storage/database-health.js';
import { LedgerHealth } from '../storage/ledger/ledger-health.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { SlowSearch } from './connections/slow-connections.js';
import { ConnectionSearch } from './connections/connection-search.js';
import { feedImbalance } from './accounting/accounting.js';
import { Alarms } from './alarms/alarms.js';
import { Findings } from './alarms/findings.js';
import { Canary } from './canary/canary.js';
import { CanaryPart } from './canary/canary-part.js';
import { canaryOf } from './canary/node-canary.js';
import { Diagnosis } from './diagnosis/diagnosis.js';
import { Disconnects } from './disconnects/disconnects.js';
import { OneDisconnect } from './disconnects/one-disconnect.js';
import { BusPart } from './health/bus-part.js';
import { Erasing } from './erasure/erasing.js';
import { DatabasePart } from './health/database-part.js';
import { EventLoopPart } from './health/event-loop-part.js';
import { Health } from './health/health.js';
import { JwksPart } from './health/jwks-part.js';
import { LedgerPart } from './health/ledger-part.js';
import { MemoryPart } from './health/memory-part.js';
import { StallWatch } from './health/stall-watch.js';
import { Log } from './logging/log.js';
import { LogSink, standardOutput } from './logging/log-sink.js';
import { NestLogger } from './logging/nest-logger.js';
import {
  feedAuthGauges,
  feedBusGauges,
  feedDatabaseGauges,
  feedDrainGauge,
  feedGatewayGauges,
  feedHealthGauges,
  feedLedgerGauges,
  feedMemberGauges,
  feedProbeGauge,
  feedPublishGauges,
  feedTopicGauges,
  feedTracingGauges,
} from './metrics/gauges.js';
import { Metrics } from './metrics/metrics.js';
import { MetricsTelemetry } from './metrics-telemetry.js';
import { LedgerSources } from './ledger/ledger-sources.js';
import { OtherNodesLedger } from './ledger/other-nodes-ledger.js';
import { findProvider, NodeLife } from './node-life.js';
import { AllNodes } from './nodes/all-nodes.js';
import { EveryNode } from './nodes/every-node.js';
import { LoopDelay } from './nodes/loop-delay.js';
import { ThisNode } from './nodes/this-node.js';
import { OpsAlarmsController } from './ops/alarms.controller.js';
import { OpsRunbooksController } from './ops/runbooks.controller.js';
import { OpsAccountingController } from './ops/accounting.controller.js';
import { OpsAuditController } from './ops/audit.controller.js';
import { OpsCanaryController } from './ops/canary.controller.js';
import { OpsConnectionsController } from './ops/connections.controller.js';
import { OpsErasuresController } from './ops/erasures.controller.js';
import { OpsDisconnectController } from './ops/disconnect.controller.js';
import { OpsDisconnectsController } from './ops/disconnects.controller.js';
import { OpsDrainController } from './ops/drain.controller.js';
import { OpsDiagnosticsController } from './ops/diagnostics.controller.js';
import { OpsExplainController } from './ops/explain.controller.js';
import { OpsMessagesController } from './ops/messages.controller.js';
import { OpsNodesController } from './ops/nodes.controller.js';
import { OpsProbesController } from './ops/probes.controller.js';
import { OpsSettingsController } from './ops/settings.controller.js';
import { OpsOverviewController } from './ops/overview.controller.js';
import { OpsRefusalsController } from './ops/refusals.controller.js';
import { OpsRecipientsController } from './ops/recipients.controller.js';
import { OpsSlowController } from './ops/slow.controller.js';
import { OpsSummaryController } from './ops/summary.controller.js';
import { OpsTopicDetailController } from './ops/topic-detail.controller.js';
import { OpsTopicsController } from './ops/topics.controller.js';
import { OpsTracesController } from './ops/traces.controller.js';
import { OpsWaybillController } from './ops/waybill.controller.js';
import { OpsServer } from './ops-server.js';
import { pagesOf } from './ops-pages.js';
import { Orders } from './orders/orders.js';
import { OrderTable } from './orders/order-table.js';
import { Overview } from './overview/overview.js';
import { ClusterProbes } from './probes/cluster-probes.js';
import { LiveProbes } from './probes/live-probes.js';
import { ProbeOutlets } from './probes/probe-outlets.js';
import { ProbeSpans } from './probes/probe-spans.js';
import { Probes } from './probes/probes.js';
import { RecordedRefusals } from './refusals/recorded-refusals.js';
import { RefusalRecorder } from './refusals/refusal-recorder.js';
import { RefusalsEverywhere } from './refusals/refusals-everywhere.js';
import { Refusals } from './refusals/refusals.js';
import { CounterHistory } from './summary/history.js';
import { Limits } from './summary/limits.js';
import { NodeWellbeing } from './summary/node-wellbeing.js';
import { TopicsEverywhere } from './topics/topics-everywhere.js';
import { TopicRates } from './topics/topic-rates.js';
import { takePreloaded } from './tracing/preloaded-tracing.js';
import { TracesEverywhere } from './tracing/traces-everywhere.js';
import { Tracing } from './tracing/tracing.js';

/** Metrics, traces, logs, health and the operators' REST. Imported first of all modules, it is the last to stop. */
@Global()
@Module({
  imports: [ClusterModule],
  controllers: [
    OpsConnectionsController,
    OpsSlowController,
    OpsTracesController,
    OpsSummaryController,
    OpsOverviewController,
    OpsTopicsController,
    OpsTopicDetailController,
    OpsCanaryController,
    OpsAccountingController,
    OpsDiagnosticsController,
    OpsAuditController,
    OpsSettingsController,
    OpsRefusalsController,
    OpsErasuresController,
    OpsRecipientsController,
    OpsMessagesController,
    OpsWaybillController,
    OpsExplainController,
    OpsProbesController,
    OpsNodesController,
    OpsDrainController,
    OpsDisconnectController,
    OpsDisconnectsController,
    OpsAlarmsController,
    OpsRunbooksController,
  ],
  providers: [
    NodeLife,
    EveryNode,
    SlowSearch,
    RefusalsEverywhere,
    TopicsEverywhere,
    TracesEverywhere,
    OtherNodesLedger,
    ThisNode,
    AllNodes,
    OrderTable,
    Orders,
    OneDisconnect,
    ClusterProbes,
    Disconnects,
    LoopDelay,
    Findings,
    ConnectionSearch,
    Erasing,
    RecordedRefusals,
    NestLogger,
    LedgerSources,
    NodeWellbeing,
    Overview,
    { provide: Metrics, useFactory: (config: Config) => new Metrics(config), inject: [Config] },
    { provide: Tracing, useFactory: (config: Config) => takePreloaded() ?? new Tracing(config), inject: [Config] },
    {
      provide: LogSink,
      useFactory: (config: Config, metrics: Metrics) =>
        standardOutput(config, () => metrics.series.telemetryDropped.of('logs', 'queue_full').add(1)),
      inject: [Config, Metrics],
    },
    { provide: Log, useFactory: (config: Config, sink: LogSink) => new Log(config, sink), inject: [Config, LogSink] },
    {
      provide: MetricsTelemetry,
      useFactory: (metrics: Metrics, tracing: Tracing, log: Log, refusals: Refusals, rates: TopicRates, live: LiveProbes) =>
        new MetricsTelemetry(metrics, tracing, log, refusals, rates, live),
      inject: [Metrics, Tracing, Log, Refusals, TopicRates, LiveProbes],
    },
    {
      provide: LiveProbes,
      useFactory: ({ probes }: Config, tracing: Tracing) =>
        new LiveProbes(new ProbeSpans(tracing, probes.spansPerSecond), probes.recipients),
      inject: [Config, Tracing],
    },
    {
      provide: Probes,
      useFactory: (config: Config, live: LiveProbes) => new Probes(config.probes, nodeIdOf(config), live),
      inject: [Config, LiveProbes],
    },
    {
      provide: Canary,
      useFactory: (config: Config, modules: ModuleRef, http: HttpAdapterHost, life: NodeLife, metrics: Metrics, log: Log) =>
        canaryOf({ config, modules, http, life, metrics, log }),
      inject: [Config, ModuleRef, HttpAdapterHost, NodeLife, Metrics, Log],
    },
    { provide: CounterHistory, useFactory: (metrics: Metrics) => new CounterHistory(metrics), inject: [Metrics] },
    { provide: Limits, useFactory: (config: Config) => new Limits(config), inject: [Config] },
    {
      provide: Alarms,
      useFactory: (findings: Findings, log: Log) =>
        new Alarms(
          () => findings.now(),
          ({ name, state, severity, summary, since }) =>
            state === 'active'
              ? log.warn({ event: 'alarm.active', alarm: name, severity, since }, summary)
              : log.info({ event: 'alarm.ended', alarm: name, severity, since }, summary),
        ),
      inject: [Findings, Log],
    },
    { provide: TopicRates, useFactory: () => new TopicRates() },
    {
      provide: RefusalRecorder,
      useFactory: (config: Config, metrics: Metrics) =>
        new RefusalRecorder(config.monitoring.refusalsPerSecond, () => metrics.series.refusalsUnrecorded.of().add(1)),
      inject: [Config, Metrics],
    },
    {
      provide: Refusals,
      useFactory: (config: Config, recorder: RefusalRecorder) => new Refusals(config.monitoring.refusalRing, undefined, recorder),
      inject: [Config, RefusalRecorder],
    },
    { provide: Telemetry, useExisting: MetricsTelemetry },
    {
      provide: Health,
      useFactory: (life: NodeLife, log: Log) =>
        new Health(
          () => life.phase,
          (part, check) => log.info({ event: 'health.changed', part, ...check }, `${part} is ${check.state}`),
        ),
      inject: [NodeLife, Log],
    },
    {
      provide: OpsServer,
      useFactory: (config: Config, metrics: Metrics, health: Health) => new OpsServer(config, pagesOf(metrics, health)),
      inject: [Config, Metrics, Health],
    },
    { provide: Diagnosis, useFactory: (config: Config) => new Diagnosis(config.server.dataDir), inject: [Config] },
  ],
  exports: [Telemetry, Log, NestLogger, Metrics, Tracing, Health, OpsServer],
})
export class MonitoringModule
  implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly stalls = new StallWatch();

  constructor(
    private readonly modules: ModuleRef,
    private readonly life: NodeLife,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
    private readonly log: Log,
    private readonly sink: LogSink,
    private readonly telemetry: MetricsTelemetry,
    private readonly health: Health,
    private readonly ops: OpsServer,
    private readonly settings: LiveSettings,
    private readonly probes: Probes,
    private readonly canary: Canary,
    private readonly config: Config,
    private readonly recorder: RefusalRecorder,
    private readonly history: CounterHistory,
    private readonly limits: Limits,
    private readonly loopDelay: LoopDelay,
    private readonly alarms: Alarms,
  ) {}

  async onModuleInit(): Promise<void> {
    this.follow(this.settings.current);
    this.settings.onChange((now) => this.follow(now));
    this.tracing.reportLosses((reason, spans, error) => {
      this.metrics.series.telemetryDropped.of('traces', reason).add(spans);
      this.log.warn({ event: 'telemetry.dropped', signal: 'traces', reason, spans, err: error }, 'spans were lost');
    });
    feedTracingGauges(this.metrics, this.tracing);
    feedHealthGauges(this.metrics, this.health);
    await this.ops.listen();
  }

  /** The other modules stand now: what they have to show is connected. */
  onApplicationBootstrap(): void {
    const database = findProvider(this.modules, DatabaseHealth);
    const gateway = findProvider(this.modules, GatewayControl);
    const topics = findProvider(this.modules, TopicsView);
    const publishes = findProvider(this.modules, PublishQueueView);
    const bus = findProvider(this.modules, BusView);
    if (database !== undefined) {
      feedDatabaseGauges(this.metrics, database);
      this.health.watch(new DatabasePart(database));
    }
    if (gateway !== undefined) feedGatewayGauges(this.metrics, gateway);
    const drain = findProvider(this.modules, NodeDrain);
    if (drain !== undefined) feedDrainGauge(this.metrics, drain);
    if (publishes !== undefined) feedPublishGauges(this.metrics, publishes);
    if (bus !== undefined) feedBusGauges(this.metrics, bus);
    const registry = findProvider(this.modules, Registry);
    if (registry !== undefined) feedMemberGauges(this.metrics, registry);
    if (topics !== undefined) feedTopicGauges(this.metrics, topics);
    const writer = findProvider(this.modules, Ledger);
    if (writer !== undefined) this.recorder.tellTo(writer);
    const auth = findProvider(this.modules, AuthView);
    if (auth !== undefined) {
      feedAuthGauges(this.metrics, auth);
      if (auth.jwks() !== undefined) this.health.watch(new JwksPart(() => auth.jwks()));
    }
    const ledger = findProvider(this.modules, LedgerHealth);
    if (ledger !== undefined) {
      feedLedgerGauges(this.metrics, ledger);
      this.health.watch(new LedgerPart(ledger));
    }
    this.connectProbes();
    this.health.watch(new BusPart(() => this.telemetry.lastBusError, bus));
    this.stalls.start();
    this.health.watch(new EventLoopPart(this.stalls));
    this.health.watch(new MemoryPart());
    this.health.watch(new CanaryPart(this.canary, this.config.monitoring.canaryFailures));
    this.canary.start();
    feedImbalance(this.metrics);
    this.history.start();
    this.limits.start();
    this.loopDelay.start();
    this.alarms.start();
    this.health.start();
  }

  /** What operators may change while the program runs. */
  private follow({ server, monitoring }: Config): void {
    this.log.level = server.logLevel;
    this.tracing.sample({ ratio: monitoring.traceRatio, rate: monitoring.traceRate });
  }

  private connectProbes(): void {
    const gateway = findProvider(this.modules, GatewayControl);
    const topic = findProvider(this.modules, ProbeTopic);
    const audit = findProvider(this.modules, AuditTrail);
    feedProbeGauge(this.metrics, this.probes);
    if (gateway === undefined || topic === undefined || audit === undefined) return;
    this.probes.connect(new ProbeOutlets(gateway, topic, audit, this.metrics, this.log));
  }

  onModuleDestroy(): void {
    this.life.stop();
    this.probes.stop();
    this.canary.stop();
  }

  beforeApplicationShutdown(): void {
    this.health.stop();
    this.recorder.stop();
    this.stalls.stop();
    this.history.stop();
    this.limits.stop();
    this.loopDelay.stop();
    this.alarms.stop();
  }

  /** Last of all: what the others reported while they stopped is still sent. */
  async onApplicationShutdown(): Promise<void> {
    await this.ops.close();
    await this.tracing.shutdown();
    await this.sink.close();
  }
}
