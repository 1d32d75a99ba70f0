import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { accountOf } from '../accounting/accounting.js';
import { accountOfNodes, type NodeAccount, type SystemAccount } from '../accounting/account-of-nodes.js';
import { Metrics } from '../metrics/metrics.js';
import { EveryNode } from '../nodes/every-node.js';
import { NODE_QUERY, nodeParameter } from './node-query.js';
import { readQuery } from './query.js';

const KIND = 'ops.accounting';
const accountingQuery = z.strictObject({ node: nodeParameter });

interface Accounting extends SystemAccount {
  readonly as_of: number;
  /** Nodes that did not answer: what they delivered is not counted. */
  readonly missing: readonly MissingNode[];
}

/** Is anything being lost? */
@ApiTags('operations')
@Controller('api/v1/ops/accounting')
export class OpsAccountingController {
  private readonly since = Date.now();

  constructor(
    private readonly metrics: Metrics,
    private readonly nodes: EveryNode,
  ) {
    nodes.answer(KIND, () => this.here());
  }

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'Whether what was to be delivered balances with what became of it, by namespace',
    description:
      'matched = written + dropped + queued + unconfirmed + not_written, on each node since it started, read in one moment there; the answer adds the nodes up.',
  })
  @ApiQuery(NODE_QUERY)
  async accounting(@Query() query: unknown): Promise<Accounting> {
    const { node } = readQuery(accountingQuery, query);
    const { answers, missing } = await this.nodes.ask<NodeAccount>(KIND, {}, node);
    return { as_of: Date.now(), ...accountOfNodes(answers), missing };
  }

  private here(): NodeAccount {
    const { series } = this.metrics;
    return {
      since: this.since,
      items: accountOf(this.metrics),
      bus: {
        out: series.busMessages.of('out').value,
        in: series.busMessages.of('in').value,
        failed: series.busErrors.cells().reduce((sum, [, { value }]) => sum + value, 0),
      },
      dropped: Object.fromEntries(series.droppedMessages.cells().map(([[reason = ''], { value }]) => [reason, value])),
    };
  }
}
