import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Config } from '../../config/config.js';
import { Requires } from '../../auth/requires.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { type SlowConnections, SlowSearch } from '../connections/slow-connections.js';
import { NODE_QUERY, nodeParameter } from './node-query.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 100;
const MOST_ITEMS = 1_000;
const LONGEST_CURSOR = 256;

const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.string().max(LONGEST_CURSOR).optional(),
  node: nodeParameter,
});

/** What ends or thins the queue of one connection. */
interface SlowLimits {
  /** Over these the policy acts. */
  readonly queue_bytes: number;
  readonly queue_messages: number;
  /** No byte moved for so long: closed with 4450. Milliseconds. */
  readonly write_stall_ms: number;
}

interface SlowList extends SlowConnections {
  readonly limits: SlowLimits;
  readonly missing: readonly MissingNode[];
  readonly as_of: number;
}

/** The slow-client list: who does not take what is sent as fast as it comes. */
@ApiTags('operations')
@Controller('api/v1/ops/slow')
export class OpsSlowController {
  constructor(
    private readonly search: SlowSearch,
    private readonly config: Config,
  ) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'Connections for which something waits now, on any node, those that have waited longest first' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  @ApiQuery(NODE_QUERY)
  async list(@Query() query: unknown): Promise<SlowList> {
    const { node, ...page } = readQuery(listQuery, query);
    const { missing, ...slow } = await this.search.list(page, node);
    return { ...slow, limits: limitsOf(this.config), missing, as_of: Date.now() };
  }
}

function limitsOf({ gateway: { queueBytes, queueMessages, writeStallMs } }: Config): SlowLimits {
  return { queue_bytes: queueBytes, queue_messages: queueMessages, write_stall_ms: writeStallMs };
}
