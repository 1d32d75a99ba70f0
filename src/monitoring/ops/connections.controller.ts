import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import { CONNECTION_SORT_FIELDS, type ConnectionView, type SubscriptionView } from '../../messaging/gateway-control.js';
import type { FlightEvent } from '../../messaging/ledger/connection-record.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { Refusal } from '../../protocol/refusal.js';
import type { ConnectionRemains } from '../connections/connection-remains.js';
import { ConnectionSearch } from '../connections/connection-search.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 100;
const MOST_ITEMS = 1_000;
const LONGEST_FILTER = 256;
const filter = z.string().min(1).max(LONGEST_FILTER).optional();
const time = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional();

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
  version: filter,
  topic: filter,
  ref: filter,
  node: filter,
  code: z.coerce.number().int().min(1_000).max(4_999).optional(),
  reason: filter,
  from: time,
  to: time,
});

interface ConnectionList {
  readonly items: readonly ConnectionView[];
  readonly as_of: number;
  /** False: `why` says what is missing. */
  readonly complete: boolean;
  readonly why?: string;
  /** Nodes that did not answer: their open connections are not among the items. */
  readonly missing: readonly MissingNode[];
  readonly next?: string;
}

/** One connection, with what its flight recorder kept, oldest first. */
interface ConnectionStory extends ConnectionView {
  readonly events: readonly FlightEvent[];
  /** How many were forgotten for later ones. */
  readonly events_forgotten: number;
  /** How far each subscription is; of an open WebSocket. */
  readonly subscriptions?: readonly SubscriptionView[];
}

/** The open connections of every node, and those that ended: lately by their nodes' memory, all by the ledger. */
@ApiTags('operations')
@Controller('api/v1/ops/connections')
export class OpsConnectionsController {
  constructor(private readonly search: ConnectionSearch) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'Connections, filtered, sorted and paged by the server' })
  @ApiQuery({ name: 'state', required: false, enum: ['open', 'closed', 'all'] })
  @ApiQuery({ name: 'sort', required: false, description: 'A field of the answer; -field sorts descending' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  @ApiQuery({ name: 'user', required: false })
  @ApiQuery({ name: 'address', required: false })
  @ApiQuery({ name: 'client', required: false, description: 'The name of a client, or name/version' })
  @ApiQuery({ name: 'version', required: false, description: 'Its version, beside `client`' })
  @ApiQuery({ name: 'topic', required: false })
  @ApiQuery({ name: 'ref', required: false, description: 'The ref that a client shows, in any case' })
  @ApiQuery({ name: 'node', required: false, description: 'Only those of this node' })
  @ApiQuery({ name: 'code', required: false, type: Number, description: 'Close code, such as 4408' })
  @ApiQuery({ name: 'reason', required: false, description: 'Part of the close reason' })
  @ApiQuery({ name: 'from', required: false, type: Number, description: 'Open at or after this time, in milliseconds since the epoch' })
  @ApiQuery({ name: 'to', required: false, type: Number, description: 'Open at or before this time, in milliseconds since the epoch' })
  async list(@Query() query: unknown): Promise<ConnectionList> {
    const { state, sort, limit, cursor, code, reason, from, to, version, ...filters } = readQuery(listQuery, query);
    const span = given({ code, reason, from, to });
    const { items, next, complete, why, missing } = await this.search.list({
      state,
      sort,
      limit,
      cursor,
      filters: given({ ...filters, client: clientOf(filters.client, version) }),
      ...span,
    });
    return { items, as_of: Date.now(), complete, ...(why === undefined ? {} : { why }), missing, ...(next === undefined ? {} : { next }) };
  }

  @Get(':id')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'One connection, open or closed, by its id or its ref, with what its flight recorder kept' })
  async one(@Param('id') id: string): Promise<ConnectionStory | ConnectionRemains> {
    const found = await this.search.one(id);
    if (!('view' in found)) return found;
    const { view, events, forgotten, subscriptions } = found;
    return { ...view, events, events_forgotten: forgotten, ...(subscriptions === undefined ? {} : { subscriptions }) };
  }
}

function clientOf(client: string | undefined, version: string | undefined): string | undefined {
  if (version === undefined) return client;
  if (client === undefined) throw Refusal.badRequest('query.version', 'is the version of a client: name the client too');
  return `${client}/${version}`;
}

function given<Values extends object>(values: Values): { readonly [Name in keyof Values]?: Exclude<Values[Name], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Values]?: Exclude<Values[Name], undefined>;
  };
}
