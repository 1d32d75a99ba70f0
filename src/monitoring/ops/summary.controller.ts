import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../../auth/requires.js';
import { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import type { HealthReport } from '../health/health.js';
import { packageVersion } from '../../config/package-version.js';
import { NodeWellbeing } from '../summary/node-wellbeing.js';
import type { Wellbeing } from '../summary/summary.js';
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
    private readonly config: Config,
    private readonly tracing: Tracing,
    private readonly wellbeing: NodeWellbeing,
  ) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'Whether all is well on this node: what is wrong, loss, latency, limits, objectives, health and canary',
    description:
      'Windows reach back to the start of the node at most, and covers_s says how far. Latencies are read from the buckets of a histogram, so the truth lies in the same bucket.',
  })
  summary(): Summary {
    const { wellbeing, health, counts, draining } = this.wellbeing.report();
    return {
      ...wellbeing,
      version: packageVersion,
      node_version: process.version,
      node: nodeIdOf(this.config),
      as_of: Date.now(),
      uptime_s: Math.round(process.uptime()),
      draining,
      connections: { open: counts.connections, authenticating: counts.authenticating, slow: counts.slow },
      subscriptions: counts.subscriptions,
      send_queue: { bytes: counts.queuedBytes, max_bytes: counts.maxQueuedBytes, oldest_ms: counts.oldestQueuedMs },
      traces: { kept_spans: this.tracing.ring.size },
      health,
    };
  }
}
