import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../../auth/requires.js';
import { GatewayControl } from '../../messaging/gateway-control.js';
import { Health, type HealthReport } from '../health/health.js';
import { packageVersion } from '../package-version.js';
import { Tracing } from '../tracing/tracing.js';

interface Summary {
  readonly version: string;
  readonly node_version: string;
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
    private readonly gateway: GatewayControl,
    private readonly health: Health,
    private readonly tracing: Tracing,
  ) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'Counts and health of this node' })
  summary(): Summary {
    const counts = this.gateway.counts();
    return {
      version: packageVersion,
      node_version: process.version,
      as_of: Date.now(),
      uptime_s: Math.round(process.uptime()),
      draining: this.gateway.draining,
      connections: { open: counts.connections, authenticating: counts.authenticating, slow: counts.slow },
      subscriptions: counts.subscriptions,
      send_queue: { bytes: counts.queuedBytes, max_bytes: counts.maxQueuedBytes, oldest_ms: counts.oldestQueuedMs },
      traces: { kept_spans: this.tracing.ring.size },
      health: this.health.report(),
    };
  }
}
