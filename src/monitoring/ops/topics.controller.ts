import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { TOPIC_SORTS, type TopicItem } from '../topics/topic-list.js';
import { TopicsEverywhere } from '../topics/topics-everywhere.js';
import { NODE_QUERY, nodeParameter } from './node-query.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 50;
const MOST_ITEMS = 1_000;
const LONGEST_TEXT = 1_024;

const listQuery = z.strictObject({
  sort: z.enum(TOPIC_SORTS).default('-messages'),
  prefix: z.string().max(LONGEST_TEXT).default(''),
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.string().max(LONGEST_TEXT).optional(),
  node: nodeParameter,
});

interface TopicList {
  readonly items: readonly TopicItem[];
  readonly as_of: number;
  /** How long the rates reach back, in seconds. */
  readonly window_s: number;
  /** Topics that were not looked at, since there were too many; absent where all were. */
  readonly not_counted?: number;
  /** Nodes that did not answer: what goes through them is in none of the numbers. */
  readonly missing: readonly MissingNode[];
  readonly next?: string;
}

/** Which topics are hot, over all nodes. */
@ApiTags('operations')
@Controller('api/v1/ops/topics')
export class OpsTopicsController {
  constructor(private readonly topics: TopicsEverywhere) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'Topics by rate, bytes, deliveries or subscribers',
    description:
      'Rates are of the last minute, over all nodes. Sorted by a rate, the list holds topics that had a message within the last minute; sorted by `-subscribers` or `topic`, also those that somebody listens to.',
  })
  @ApiQuery({ name: 'sort', required: false, enum: TOPIC_SORTS })
  @ApiQuery({ name: 'prefix', required: false, description: 'Only topics whose names begin with this' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  @ApiQuery(NODE_QUERY)
  async list(@Query() query: unknown): Promise<TopicList> {
    const { items, next, window_s: seconds, notCounted, missing } = await this.topics.list(readQuery(listQuery, query));
    return {
      items,
      as_of: Date.now(),
      window_s: seconds,
      ...(notCounted === 0 ? {} : { not_counted: notCounted }),
      missing,
      ...(next === undefined ? {} : { next }),
    };
  }
}
