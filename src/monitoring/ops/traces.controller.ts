import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import { Config } from '../../config/config.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import type { TraceDetail } from '../../protocol/ops/trace-answer.js';
import { Refusal } from '../../protocol/refusal.js';
import { collectorOf, traceLink } from '../tracing/collector.js';
import { type NodeTrace, TracesEverywhere } from '../tracing/traces-everywhere.js';
import { NODE_QUERY, nodeParameter } from './node-query.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 50;
const MOST_ITEMS = 500;
const LONGEST_FILTER = 256;
/** A place of each node. */
const LONGEST_CURSOR = 16_384;
const TRACE_ID = /^[0-9a-f]{32}$/;

const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.string().max(LONGEST_CURSOR).optional(),
  node: nodeParameter,
  name: z.string().min(1).max(LONGEST_FILTER).optional(),
  connection_id: z.string().min(1).max(LONGEST_FILTER).optional(),
  topic: z.string().min(1).max(LONGEST_FILTER).optional(),
  msg_id: z.string().min(1).max(LONGEST_FILTER).optional(),
  min_duration_ms: z.coerce.number().min(0).optional(),
  failed: z.enum(['true', 'false']).optional(),
});

interface TraceList {
  /** A trace that crossed nodes stands there once for each of them; `ops/traces/{trace_id}` joins it. */
  readonly items: readonly NodeTrace[];
  readonly as_of: number;
  /** Whether spans go to a collector: then none are kept here. */
  readonly collector: boolean;
  /** Where to look at the collector's, with `{trace_id}` in the place of the id; if `WAYBILL_TRACE_LINK` says. */
  readonly trace_link?: string;
  /** Nodes that did not answer: their traces are not among the items. */
  readonly missing: readonly MissingNode[];
  readonly next?: string;
}

/** The last traces of every node, where no collector takes them. */
@ApiTags('operations')
@Controller('api/v1/ops/traces')
export class OpsTracesController {
  constructor(
    private readonly traces: TracesEverywhere,
    private readonly config: Config,
  ) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'Recent traces, newest first' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  @ApiQuery(NODE_QUERY)
  @ApiQuery({ name: 'name', required: false, description: 'Part of the first span’s name, such as publish' })
  @ApiQuery({ name: 'connection_id', required: false })
  @ApiQuery({ name: 'topic', required: false, description: 'Traces in which a message of this topic is published or delivered' })
  @ApiQuery({ name: 'msg_id', required: false, description: 'Traces in which the message with this id is published or delivered' })
  @ApiQuery({ name: 'min_duration_ms', required: false, type: Number })
  @ApiQuery({ name: 'failed', required: false, enum: ['true', 'false'] })
  async list(@Query() query: unknown): Promise<TraceList> {
    const { items, next, missing } = await this.traces.list(readQuery(listQuery, query));
    const link = this.config.monitoring.traceLink;
    return {
      items,
      as_of: Date.now(),
      collector: collectorOf(this.config) !== undefined,
      ...(link === undefined || collectorOf(this.config) === undefined ? {} : { trace_link: link }),
      missing,
      ...(next === undefined ? {} : { next }),
    };
  }

  @Get(':traceId')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'The spans of one trace, each above its children' })
  async one(@Param('traceId') traceId: string): Promise<TraceDetail & { readonly missing: readonly MissingNode[] }> {
    const { trace, missing } = await this.traces.one(traceId);
    if (trace === undefined)
      throw new Refusal(
        missing.length > 0 ? 'UNAVAILABLE' : 'NOT_FOUND',
        `no span of this trace is kept: ${this.whereElse(traceId, missing)}`,
      );
    return { ...trace, missing };
  }

  private whereElse(traceId: string, missing: readonly MissingNode[]): string {
    if (missing.length > 0) return `not every node was heard: ${missing.map(({ node, says }) => `${node} ${says}`).join('; ')}`;
    if (collectorOf(this.config) === undefined) return 'it was not sampled, or is too old';
    const link = TRACE_ID.test(traceId) ? traceLink(this.config, traceId) : undefined;
    return `spans go to the collector${link === undefined ? '' : `; look at ${link}`}`;
  }
}
