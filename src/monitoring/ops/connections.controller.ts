import { Controller, Delete, Get, Param, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type AuditedRequest, noteForAudit } from '../../audit/audit-note.js';
import { Requires } from '../../auth/requires.js';
import { CONNECTION_SORT_FIELDS, type ConnectionQuery, type ConnectionView, GatewayControl } from '../../messaging/gateway-control.js';
import { CLOSES } from '../../protocol/close-codes.js';
import { Refusal } from '../../protocol/refusal.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 100;
const MOST_ITEMS = 1_000;
const LONGEST_FILTER = 256;
const filter = z.string().min(1).max(LONGEST_FILTER).optional();

const listQuery = z.strictObject({
  state: z.enum(['open', 'closed', 'all']).default('open'),
  sort: z
    .string()
    .refine(
      (sort) => CONNECTION_SORT_FIELDS.some((field) => sort === field || sort === `-${field}`),
      `must be one of ${CONNECTION_SORT_FIELDS.join(', ')}, with - before it to descend`,
    )
    .default('-opened_at'),
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.string().max(LONGEST_FILTER).optional(),
  user: filter,
  address: filter,
  client: filter,
  topic: filter,
  ref: filter,
  node: filter,
});

/** The connections of this node, open and lately closed. */
@ApiTags('operations')
@Controller('api/v1/ops/connections')
export class OpsConnectionsController {
  constructor(private readonly gateway: GatewayControl) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'Connections, filtered, sorted and paged by the server' })
  @ApiQuery({ name: 'state', required: false, enum: ['open', 'closed', 'all'] })
  @ApiQuery({ name: 'sort', required: false, description: 'A field of the answer; -field sorts descending' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  @ApiQuery({ name: 'user', required: false })
  @ApiQuery({ name: 'address', required: false })
  @ApiQuery({ name: 'client', required: false })
  @ApiQuery({ name: 'topic', required: false })
  @ApiQuery({ name: 'ref', required: false })
  @ApiQuery({ name: 'node', required: false })
  list(@Query() query: unknown): { items: readonly ConnectionView[]; as_of: number; next?: string } {
    const { state, sort, limit, cursor, ...filters } = readQuery(listQuery, query);
    const { items, next } = this.gateway.connections({ state, sort, limit, cursor, filters: given(filters) });
    return { items, as_of: Date.now(), ...(next === undefined ? {} : { next }) };
  }

  @Get(':id')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'One connection' })
  one(@Param('id') id: string): ConnectionView {
    const view = this.gateway.connection(id);
    if (view === undefined) throw noSuchConnection();
    return view;
  }

  @Delete(':id')
  @Requires({ scope: 'ops', users: false, operator: 'operator', audit: 'connection.disconnect' })
  @ApiOperation({ summary: 'Disconnects one connection with 4400; its client may return' })
  disconnect(@Param('id') id: string, @Req() request: AuditedRequest): { id: string; code: number } {
    const view = this.gateway.connection(id);
    if (view !== undefined) noteForAudit(request, { before: whose(view) });
    const done = this.gateway.disconnect(id, 'DISCONNECTED');
    if (!done) throw noSuchConnection();
    noteForAudit(request, { after: { state: 'closed', code: CLOSES.DISCONNECTED.code } });
    return { id, code: CLOSES.DISCONNECTED.code };
  }
}

function whose({ user, ref, state, address, client }: ConnectionView): object {
  return { user, ref, state, address, client };
}

function noSuchConnection(): Refusal {
  return new Refusal('NOT_FOUND', 'no connection of this node has this id; it may have ended long ago');
}

function given(filters: Readonly<Record<string, string | undefined>>): ConnectionQuery['filters'] {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
}
