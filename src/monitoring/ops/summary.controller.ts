import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import { EveryNode } from '../nodes/every-node.js';
import { packageVersion } from '../../config/package-version.js';
import { NodeWellbeing } from '../summary/node-wellbeing.js';
import { summaryOfNodes } from '../summary/summary-of-nodes.js';
import type { NodeSummary, SystemSummary } from '../summary/system-summary.js';
import { Tracing } from '../tracing/tracing.js';
import { NODE_QUERY, nodeParameter, requireAnswer } from './node-query.js';
import { readQuery } from './query.js';

const KIND = 'ops.summary';
const summaryQuery = z.strictObject({ node: nodeParameter });

/** All nodes on one screen. */
@ApiTags('operations')
@Controller('api/v1/ops/summary')
export class OpsSummaryController {
  constructor(
    private readonly config: Config,
    private readonly tracing: Tracing,
    private readonly wellbeing: NodeWellbeing,
    private readonly nodes: EveryNode,
  ) {
    nodes.answer(KIND, () => this.here());
  }

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'Whether all is well, on every node: what is wrong, loss, latency, limits, objectives, health and canary',
    description:
      'Counts are added up over the nodes; of latencies and limits the worst node stands for all. Windows reach back to the start of the node at most, and covers_s says how far. Latencies are read from the buckets of a histogram, so the truth lies in the same bucket.',
  })
  @ApiQuery(NODE_QUERY)
  async summary(@Query() query: unknown): Promise<SystemSummary> {
    const { node } = readQuery(summaryQuery, query);
    const { answers, missing } = await this.nodes.ask<NodeSummary>(KIND, {}, node);
    requireAnswer(answers, missing);
    const own = answers.find(({ node: whose }) => whose === this.nodes.self) ?? answers[0];
    return summaryOfNodes(
      (own as (typeof answers)[number]).answer,
      answers.map(({ answer }) => answer),
      missing,
    );
  }

  private here(): NodeSummary {
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
