import { Controller, Get, Param, Query } from '@nestjs/common';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import { Config } from '../../config/config.js';
import type { TraceDetail, TraceSummary } from '../../protocol/ops/trace-answer.js';
import { Refusal } from '../../protocol/refusal.js';
import { collectorOf, traceLink } from '../tracing/collector.js';
import { ATTR_CONNECTION_ID, ATTR_MESSAGING_DESTINATION_NAME, ATTR_MESSAGING_MESSAGE_ID } from '../tracing/semconv.js';
import { Tracing } from '../tracing/tracing.js';
import { readQuery } from './query.js';
import { names, summarise, waterfall } from './trace-view.js';

const DEFAULT_LIMIT = 50;
const MOST_ITEMS = 500;
const LONGEST_FILTER = 256;
const TRACE_ID = /^[0-9a-f]{32}$/;

const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.string().max(LONGEST_FILTER).optional(),
  name: z.string().min(1).max(LONGEST_FILTER).optional(),
  connection_id: z.string().min(1).max(LONGEST_FILTER).optional(),
  topic: z.string().min(1).max(LONGEST_FILTER).optional(),
  msg_id: z.string().min(1).max(LONGEST_FILTER).optional(),
  min_duration_ms: z.coerce.number().min(0).optional(),
  failed: z.enum(['true', 'false']).optional(),
});

type TraceQuery = z.output<typeof listQuery>;

interface TraceList {
  readonly items: readonly TraceSummary[];
  readonly as_of: number;
  /** Whether spans go to a collector: then none are kept here. */
  readonly collector: boolean;
  /** Where to look at the collector's, with `{trace_id}` in the place of the id; if `WAYBILL_TRACE_LINK` says. */
  readonly trace_link?: string;
  readonly next?: string;
}

/** The last traces of this node, where no collector takes them. */
@ApiTags('operations')
@Controller('api/v1/ops/traces')
export class OpsTracesController {
  constructor(
    private readonly tracing: Tracing,
    private readonly config: Config,
  ) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'Recent traces, newest first' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  @ApiQuery({ name: 'name', required: false, description: 'Part of the first span’s name, such as publish' })
  @ApiQuery({ name: 'connection_id', required: false })
  @ApiQuery({ name: 'topic', required: false, description: 'Traces in which a message of this topic is published or delivered' })
  @ApiQuery({ name: 'msg_id', required: false, description: 'Traces in which the message with this id is published or delivered' })
  @ApiQuery({ name: 'min_duration_ms', required: false, type: Number })
  @ApiQuery({ name: 'failed', required: false, enum: ['true', 'false'] })
  list(@Query() query: unknown): TraceList {
    const read = readQuery(listQuery, query);
    const items: TraceSummary[] = [];
    let started = read.cursor === undefined;
    for (const [traceId, spans] of this.tracing.ring.newestFirst()) {
      if (!started) {
        started = traceId === read.cursor;
        continue;
      }
      const summary = summarise(traceId, spans);
      if (matches(summary, spans, read)) items.push(summary);
      if (items.length > read.limit) break;
    }
    const page = items.slice(0, read.limit);
    const link = this.config.monitoring.traceLink;
    const next = items.length > read.limit ? page.at(-1)?.trace_id : undefined;
    return {
      items: page,
      as_of: Date.now(),
      collector: collectorOf(this.config) !== undefined,
      ...(link === undefined || collectorOf(this.config) === undefined ? {} : { trace_link: link }),
      ...(next === undefined ? {} : { next }),
    };
  }

  @Get(':traceId')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'The spans of one trace, each above its children' })
  one(@Param('traceId') traceId: string): TraceDetail {
    const spans = this.tracing.ring.trace(traceId);
    if (spans.length === 0) throw new Refusal('NOT_FOUND', `no span of this trace is kept: ${this.whereElse(traceId)}`);
    return waterfall(traceId, spans);
  }

  private whereElse(traceId: string): string {
    if (collectorOf(this.config) === undefined) return 'it was not sampled, is too old, or is of another node';
    const link = TRACE_ID.test(traceId) ? traceLink(this.config, traceId) : undefined;
    return `spans go to the collector${link === undefined ? '' : `; look at ${link}`}`;
  }
}

function matches(summary: TraceSummary, spans: readonly ReadableSpan[], query: TraceQuery): boolean {
  if (query.topic !== undefined && !names(spans, ATTR_MESSAGING_DESTINATION_NAME, query.topic)) return false;
  if (query.msg_id !== undefined && !names(spans, ATTR_MESSAGING_MESSAGE_ID, query.msg_id)) return false;
  if (query.name !== undefined && !summary.name.includes(query.name)) return false;
  if (query.connection_id !== undefined && !names(spans, ATTR_CONNECTION_ID, query.connection_id)) return false;
  if (query.min_duration_ms !== undefined && summary.duration_ms < query.min_duration_ms) return false;
  return query.failed === undefined || String(summary.failed) === query.failed;
}
