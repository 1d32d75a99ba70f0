import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { AuditHead, AuditRecord } from '../../audit/audit-record.js';
import { AuditView } from '../../audit/audit-view.js';
import { Requires } from '../../auth/requires.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 100;
const MOST_ITEMS = 1_000;
const LONGEST_FILTER = 1_024;
const filter = z.string().min(1).max(LONGEST_FILTER).optional();
const time = z.coerce.number('must be milliseconds since the epoch').int().min(0).max(Number.MAX_SAFE_INTEGER).optional();

const listQuery = z.strictObject({
  order: z.enum(['newest', 'oldest']).default('newest'),
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  actor: filter,
  action: filter,
  target: filter,
  result: filter,
  from: time,
  to: time,
});

interface AuditPage {
  readonly items: readonly AuditRecord[];
  readonly as_of: number;
  /** `cursor` of the next page; absent on the last. */
  readonly next?: string;
}

/** What operators did and tried, on all nodes. */
@ApiTags('operations')
@Controller('api/v1/ops/audit')
export class OpsAuditController {
  constructor(private readonly trail: AuditView) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'operator' })
  @ApiOperation({ summary: 'The audit trail: who did what, when, from where, with what result; and each record’s place in the chain' })
  @ApiQuery({ name: 'order', required: false, enum: ['newest', 'oldest'] })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before, or the id of a record: those after it follow' })
  @ApiQuery({ name: 'actor', required: false, description: 'Such as operator:ada, key:ci, user:bob, anonymous' })
  @ApiQuery({ name: 'action', required: false, description: 'Such as connection.disconnect' })
  @ApiQuery({ name: 'target', required: false })
  @ApiQuery({ name: 'result', required: false, description: 'OK, or the code of the refusal' })
  @ApiQuery({ name: 'from', required: false, type: Number, description: 'Not before this time, in milliseconds since the epoch' })
  @ApiQuery({ name: 'to', required: false, type: Number, description: 'Before this time' })
  async list(@Query() query: unknown): Promise<AuditPage> {
    const { cursor, limit, ...asked } = readQuery(listQuery, query);
    const as_of = Date.now();
    // One more than asked tells whether there is a next page.
    const found = await this.trail.read({ ...asked, after: cursor, limit: limit + 1 });
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return { items, as_of, ...(found.length > limit && last !== undefined ? { next: String(last.id) } : {}) };
  }

  @Get('head')
  @Requires({ scope: 'ops', users: false, operator: 'operator' })
  @ApiOperation({
    summary: 'How many records there are and the hash of the last',
    description: 'Kept elsewhere, it shows later whether the trail was cut or made anew: docs/audit.md.',
  })
  head(): Promise<AuditHead> {
    return this.trail.head();
  }
}
