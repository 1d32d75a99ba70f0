import { Controller, Get } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../../auth/requires.js';
import { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import { GatewayControl } from '../../messaging/gateway-control.js';
import { Canary } from '../canary/canary.js';
import { Health, type HealthReport } from '../health/health.js';
import { Metrics } from '../metrics/metrics.js';
import { packageVersion } from '../package-version.js';
import { CounterHistory } from '../summary/history.js';
import { Limits } from '../summary/limits.js';
import { type Wellbeing, wellbeingOf } from '../summary/summary.js';
import { usageOf } from '../summary/usage.js';
import { Tracing } from '../tracing/tracing.js';

interface Summary extends Wellbeing {
  readonly version: string;
  readonly node_version: string;
  readonly node: string;
  readonly as_of: number;
  readonly uptime_s: number;
  readonly draining: boolean;
  readonly connections: { readonly open: number; readonly authenticating: number; readonly slow: number };
  readonly subscriptions: number;
  readonly send_queue: { readonly bytes: number; readonly max_bytes: number; readonly oldest_ms: number };
  readonly traces: { readonly kept_spans: number };
  readonly health: HealthReport;
}

/** This node on one screen. */
@ApiTags('operations')
@Controller('api/v1/ops/summary')
export class OpsSummaryController {
  constructor(
    private readonly modules: ModuleRef,
    private readonly config: Config,
    private readonly health: Health,
    private readonly tracing: Tracing,
    private readonly metrics: Metrics,
    private readonly history: CounterHistory,
    private readonly limits: Limits,
    private readonly canary: Canary,
  ) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'Whether all is well on this node: what is wrong, loss, latency, limits, objectives, health and canary',
    description:
      'Windows reach back to the start of the node at most, and covers_s says how far. Latencies are read from the buckets of a histogram, so the truth lies in the same bucket.',
  })
  summary(): Summary {
    const gateway = this.modules.get(GatewayControl, { strict: false });
    const usage = usageOf(this.modules);
    const counts = usage.gateway;
    const health = this.health.report();
    const limits = this.limits.report(usage);
    return {
      ...wellbeingOf({ metrics: this.metrics, history: this.history, canary: this.canary }, health, limits),
      version: packageVersion,
      node_version: process.version,
      node: nodeIdOf(this.config),
      as_of: Date.now(),
      uptime_s: Math.round(process.uptime()),
      draining: gateway.draining,
      connections: { open: counts.connections, authenticating: counts.authenticating, slow: counts.slow },
      subscriptions: counts.subscriptions,
      send_queue: { bytes: counts.queuedBytes, max_bytes: counts.maxQueuedBytes, oldest_ms: counts.oldestQueuedMs },
      traces: { kept_spans: this.tracing.ring.size },
      health,
    };
  }
}
