import { Controller, Get, Query } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import { TopicsView } from '../../messaging/topics-view.js';
import { pageOfTopics, TOPIC_SORTS, type TopicItem, topicItem } from '../topics/topic-list.js';
import { TopicRates } from '../topics/topic-rates.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 50;
const MOST_ITEMS = 1_000;
const LONGEST_TEXT = 1_024;

const listQuery = z.strictObject({
  sort: z.enum(TOPIC_SORTS).default('-messages'),
  prefix: z.string().max(LONGEST_TEXT).default(''),
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.string().max(LONGEST_TEXT).optional(),
});
type ListQuery = z.output<typeof listQuery>;

interface TopicList {
  readonly items: readonly TopicItem[];
  readonly as_of: number;
  /** How long the rates reach back, in seconds. */
  readonly window_s: number;
  /** Topics that were not counted, since there were too many; absent where all were. */
  readonly not_counted?: number;
  readonly next?: string;
}

/** Which topics are hot on this node. */
@ApiTags('operations')
@Controller('api/v1/ops/topics')
export class OpsTopicsController {
  constructor(
    private readonly rates: TopicRates,
    private readonly modules: ModuleRef,
  ) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'Topics by rate, bytes, deliveries or subscribers',
    description:
      'Rates are of the last minute and of this node. Sorted by a rate, the list holds topics that had a message within the last minute; sorted by `-subscribers` or `topic`, also those that somebody on this node listens to.',
  })
  @ApiQuery({ name: 'sort', required: false, enum: TOPIC_SORTS })
  @ApiQuery({ name: 'prefix', required: false, description: 'Only topics whose names begin with this' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  list(@Query() query: unknown): TopicList {
    const wanted = readQuery(listQuery, query);
    const seconds = this.rates.windowSeconds;
    const { items, next } = pageOfTopics(this.candidates(wanted, seconds), wanted.sort, wanted.limit, wanted.cursor);
    const missing = this.rates.missing;
    return {
      items,
      as_of: Date.now(),
      window_s: Math.round(seconds),
      ...(missing === 0 ? {} : { not_counted: missing }),
      ...(next === undefined ? {} : { next }),
    };
  }

  private candidates({ sort, prefix }: ListQuery, seconds: number): readonly TopicItem[] {
    // Asked for here: this module stands before all others, which the core is one of.
    const topics = this.modules.get(TopicsView, { strict: false });
    const active = this.rates.all().filter(([topic]) => topic.startsWith(prefix));
    const items = active.map(([topic, volume]) => topicItem(topic, volume, topics.find(topic), seconds));
    if (sort !== '-subscribers' && sort !== 'topic') return items;
    const known = new Set(active.map(([topic]) => topic));
    const idle = topics.list({ prefix, limit: Infinity }).filter(({ topic }) => !known.has(topic));
    return [...items, ...idle.map((live) => topicItem(live.topic, undefined, live, seconds))];
  }
}
