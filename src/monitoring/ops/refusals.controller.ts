import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { REFUSAL_KINDS } from '../../telemetry/refused.js';
import { type RecordedRefusal, RecordedRefusals } from '../refusals/recorded-refusals.js';
import type { RefusalSum } from '../refusals/refusal-summary.js';
import { type NodeRefusal, RefusalsEverywhere } from '../refusals/refusals-everywhere.js';
import { NODE_QUERY, nodeParameter } from './node-query.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 100;
const MOST_ITEMS = 1_000;
const LONGEST_FILTER = 256;
/** A place of each node. */
const LONGEST_CURSOR = 16_384;
const time = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional();
const filter = z.string().min(1).max(LONGEST_FILTER).optional();

const listQuery = z.strictObject({
  kind: z.enum(REFUSAL_KINDS).optional(),
  code: filter,
  user: filter,
  address: filter,
  topic: filter,
  from: time,
  to: time,
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.string().min(1).max(LONGEST_CURSOR).optional(),
  node: nodeParameter,
});

interface RefusalList {
  /** By kind, code and rule, over everybody: the filters of user and address do not hold here. */
  readonly sums: readonly RefusalSum[];
  readonly items: readonly NodeRefusal[];
  /** Of the user that was asked for: what is recorded, on all nodes and from before their last start; one for each topic. */
  readonly recorded?: readonly RecordedRefusal[];
  /** False: `why` says what is missing. */
  readonly complete: boolean;
  readonly why?: string;
  /** Nodes that did not answer: what they refused is in neither sums nor items. */
  readonly missing: readonly MissingNode[];
  readonly as_of: number;
  readonly next?: string;
}

/** Why somebody was refused: connects, logins, subscribes, publishes, commands, requests, and connections that were closed. */
@ApiTags('operations')
@Controller('api/v1/ops/refusals')
export class OpsRefusalsController {
  constructor(
    private readonly refusals: RefusalsEverywhere,
    private readonly recorded: RecordedRefusals,
  ) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary:
      'Who was refused what, and by which rule: sums of the last hour and the latest ones of every node, newest first; of one user also what is recorded',
  })
  @ApiQuery({ name: 'kind', required: false, enum: REFUSAL_KINDS })
  @ApiQuery({ name: 'code', required: false, description: 'A code of the error registry, or the number of a close' })
  @ApiQuery({ name: 'user', required: false, description: 'A user, key:<name> or operator:<name>' })
  @ApiQuery({ name: 'address', required: false })
  @ApiQuery({ name: 'topic', required: false })
  @ApiQuery({ name: 'from', required: false, type: Number, description: 'Refused at or after this time, in milliseconds since the epoch' })
  @ApiQuery({ name: 'to', required: false, type: Number, description: 'Refused at or before this time, in milliseconds since the epoch' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  @ApiQuery(NODE_QUERY)
  async list(@Query() query: unknown): Promise<RefusalList> {
    const asked = readQuery(listQuery, query);
    const recorded = await this.recorded.of({ ...asked, cursor: undefined });
    const { sums, items, next, missing } = await this.refusals.page(asked);
    return { sums, items, ...recorded, missing, as_of: Date.now(), ...(next === undefined ? {} : { next }) };
  }
}
