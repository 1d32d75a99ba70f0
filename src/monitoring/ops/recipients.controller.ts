import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import { type DryRun, dryRun } from '../ledger/dry-run.js';
import { LedgerSources } from '../ledger/ledger-sources.js';
import { publisherParameter, topicParameter, userParameter } from '../ledger/topic-parameter.js';
import { type DryRunPart, dryRunPart, type DryRunPartQuery } from '../ledger/dry-run-part.js';
import { EveryNode } from '../nodes/every-node.js';
import { NODE_QUERY, nodeParameter } from './node-query.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 100;
const MOST_ITEMS = 1_000;
const LONGEST_ID = 64;

const recipientsQuery = z.strictObject({
  topic: topicParameter,
  user: userParameter.optional(),
  publisher: publisherParameter.optional(),
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.string().max(LONGEST_ID).optional(),
  node: nodeParameter,
});

const KIND = 'ops.recipients';

/** A dry run of a publish. */
@ApiTags('operations')
@Controller('api/v1/ops/recipients')
export class OpsRecipientsController {
  constructor(
    private readonly sources: LedgerSources,
    private readonly nodes: EveryNode,
  ) {
    nodes.answer(KIND, (query: DryRunPartQuery) => dryRunPart(this.sources, query));
  }

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'Who would receive a publish to this topic now, and whether somebody may publish there',
    description: 'Connections of every node that are subscribed at this moment. Nothing is published.',
  })
  @ApiQuery({ name: 'topic' })
  @ApiQuery({ name: 'user', required: false, description: 'Only connections of this user' })
  @ApiQuery({ name: 'publisher', required: false, description: 'A user or key:<name>: may they publish there, and by which rule?' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  @ApiQuery(NODE_QUERY)
  async list(@Query() query: unknown): Promise<DryRun> {
    const { node, ...wanted } = readQuery(recipientsQuery, query);
    const { topic, user, limit, cursor } = wanted;
    return dryRun(this.sources, wanted, await this.nodes.ask<DryRunPart>(KIND, { topic, user, limit, cursor }, node));
  }
}
