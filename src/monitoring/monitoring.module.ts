import {
  type BeforeApplicationShutdown,
  Global,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { AuthView } from '../auth/auth-view.js';
import { Config } from '../config/config.js';
import { LiveSettings } from '../config/live-settings.js';
import { GatewayControl } from '../messaging/gateway-control.js';
import { PublishQueueView } from '../messaging/publish-queue-view.js';
import { TopicsView } from '../messaging/topics-view.js';
import { DatabaseHealth } from '../storage/database-health.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { Diagnosis } from './diagnosis/diagnosis.js';
import { BusPart } from './health/bus-part.js';
import { DatabasePart } from './health/database-part.js';
import { EventLoopPart } from './health/event-loop-part.js';
import { Health } from './health/health.js';
import { JwksPart } from './health/jwks-part.js';
import { MemoryPart } from './health/memory-part.js';
import { StallWatch } from './health/stall-watch.js';
import { Log } from './logging/log.js';
import { LogSink } from './logging/log-sink.js';
import { NestLogger } from './logging/nest-logger.js';
import { feedAuthGauges, feedDatabaseGauges, feedGatewayGauges, feedPublishGauges, feedTopicGauges } from './metrics/gauges.js';
import { Metrics } from './metrics/metrics.js';
import { MetricsTelemetry } from './metrics-telemetry.js';
import { findProvider, NodeLife } from './node-life.js';
import { OpsAuditController } from './ops/audit.controller.js';
import { OpsConnectionsController } from './ops/connections.controller.js';
import { OpsDiagnosticsController } from './ops/diagnostics.controller.js';
import { OpsSettingsController } from './ops/settings.controller.js';
import { OpsRefusalsController } from './ops/refusals.controller.js';
import { OpsSlowController } from './ops/slow.controller.js';
import { OpsSummaryController } from './ops/summary.controller.js';
import { OpsTracesController } from './ops/traces.controller.js';
import { OpsServer } from './ops-server.js';
import { Refusals } from './refusals/refusals.js';
import { takePreloaded } from './tracing/preloaded-tracing.js';
import { Tracing } from './tracing/tracing.js';

const STANDARD_OUTPUT = 1;

/** Metrics, traces, logs, health and the operators' REST. Imported first of all modules, it is the last to stop. */
@Global()
@Module({
  controllers: [
    OpsConnectionsController,
    OpsSlowController,
    OpsTracesController,
    OpsSummaryController,
    OpsDiagnosticsController,
    OpsAuditController,
    OpsSettingsController,
    OpsRefusalsController,
  ],
  providers: [
    NodeLife,
    NestLogger,
    { provide: Metrics, useFactory: (config: Config) => new Metrics(config), inject: [Config] },
    { provide: Tracing, useFactory: (config: Config) => takePreloaded() ?? new Tracing(config), inject: [Config] },
    {
      provide: LogSink,
      useFactory: (config: Config, metrics: Metrics) =>
        new LogSink({
          fd: STANDARD_OUTPUT,
          pretty: config.server.logPretty || process.stdout.isTTY,
          onDrop: () => metrics.series.telemetryDropped.of('logs', 'queue_full').add(1),
        }),
      inject: [Config, Metrics],
    },
    { provide: Log, useFactory: (config: Config, sink: LogSink) => new Log(config, sink), inject: [Config, LogSink] },
    {
      provide: MetricsTelemetry,
      useFactory: (metrics: Metrics, tracing: Tracing, log: Log, refusals: Refusals) =>
        new MetricsTelemetry(metrics, tracing, log, refusals),
      inject: [Metrics, Tracing, Log, Refusals],
    },
    { provide: Refusals, useFactory: (config: Config) => new Refusals(config.monitoring.refusalRing), inject: [Config] },
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
      useFactory: (config: Config, metrics: Metrics, health: Health) => new OpsServer(config, metrics, health),
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
  ) {}

  async onModuleInit(): Promise<void> {
    this.follow(this.settings.current);
    this.settings.onChange((now) => this.follow(now));
    this.tracing.reportLosses((reason, spans, error) => {
      this.metrics.series.telemetryDropped.of('traces', reason).add(spans);
      this.log.warn({ event: 'telemetry.dropped', signal: 'traces', reason, spans, err: error }, 'spans were lost');
    });
    await this.ops.listen();
  }

  /** The other modules stand now: what they have to show is connected. */
  onApplicationBootstrap(): void {
    const database = findProvider(this.modules, DatabaseHealth);
    const gateway = findProvider(this.modules, GatewayControl);
    const topics = findProvider(this.modules, TopicsView);
    const publishes = findProvider(this.modules, PublishQueueView);
    if (database !== undefined) {
      feedDatabaseGauges(this.metrics, database);
      this.health.watch(new DatabasePart(database));
    }
    if (gateway !== undefined) feedGatewayGauges(this.metrics, gateway);
    if (publishes !== undefined) feedPublishGauges(this.metrics, publishes);
    if (topics !== undefined) feedTopicGauges(this.metrics, topics);
    const auth = findProvider(this.modules, AuthView);
    if (auth !== undefined) {
      feedAuthGauges(this.metrics, auth);
      if (auth.jwks() !== undefined) this.health.watch(new JwksPart(() => auth.jwks()));
    }
    this.health.watch(new BusPart(() => this.telemetry.lastBusError));
    this.stalls.start();
    this.health.watch(new EventLoopPart(this.stalls));
    this.health.watch(new MemoryPart());
    this.health.start();
  }

  /** What operators may change while the program runs. */
  private follow({ server, monitoring }: Config): void {
    this.log.level = server.logLevel;
    this.tracing.sample({ ratio: monitoring.traceRatio, rate: monitoring.traceRate });
  }

  onModuleDestroy(): void {
    this.life.stop();
  }

  beforeApplicationShutdown(): void {
    this.health.stop();
    this.stalls.stop();
  }

  /** Last of all: what the others reported while they stopped is still sent. */
  async onApplicationShutdown(): Promise<void> {
    await this.ops.close();
    await this.tracing.shutdown();
    await this.sink.close();
  }
}
