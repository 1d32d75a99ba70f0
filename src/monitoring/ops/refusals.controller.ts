import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import { REFUSAL_KINDS } from '../../telemetry/refused.js';
import type { RefusalSum } from '../refusals/refusal-summary.js';
import { Refusals, type RefusalView } from '../refusals/refusals.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 100;
const MOST_ITEMS = 1_000;
const LONGEST_FILTER = 256;
const filter = z.string().min(1).max(LONGEST_FILTER).optional();

const listQuery = z.strictObject({
  kind: z.enum(REFUSAL_KINDS).optional(),
  code: filter,
  user: filter,
  address: filter,
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.coerce.number().int().min(1).optional(),
});

interface RefusalList {
  /** By kind, code and rule, over everybody: the filters of user and address do not hold here. */
  readonly sums: readonly RefusalSum[];
  readonly items: readonly RefusalView[];
  readonly as_of: number;
  readonly next?: string;
}

/** Why somebody was refused: connects, logins, subscribes, publishes, commands, requests, and connections that were closed. */
@ApiTags('operations')
@Controller('api/v1/ops/refusals')
export class OpsRefusalsController {
  constructor(private readonly refusals: Refusals) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'Who was refused what on this node, and by which rule: sums of the last hour, and the latest ones, newest first',
  })
  @ApiQuery({ name: 'kind', required: false, enum: REFUSAL_KINDS })
  @ApiQuery({ name: 'code', required: false, description: 'A code of the error registry, or the number of a close' })
  @ApiQuery({ name: 'user', required: false, description: 'A user, key:<name> or operator:<name>' })
  @ApiQuery({ name: 'address', required: false })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  list(@Query() query: unknown): RefusalList {
    const { sums, items, next } = this.refusals.page(readQuery(listQuery, query));
    return { sums, items, as_of: Date.now(), ...(next === undefined ? {} : { next }) };
  }
}
