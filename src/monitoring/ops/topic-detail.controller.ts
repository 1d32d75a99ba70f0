import { Controller, Get, Param, Query } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import { TopicsView } from '../../messaging/topics-view.js';
import { requireTopic } from '../../protocol/topic-name.js';
import { LedgerSources } from '../ledger/ledger-sources.js';
import { EveryNode } from '../nodes/every-node.js';
import { type TopicDetail, topicDetail } from '../topics/topic-detail.js';
import { type TopicPart, topicPart, type TopicPartQuery } from '../topics/topic-part.js';
import { TopicRates } from '../topics/topic-rates.js';
import { NODE_QUERY, nodeParameter, requireAnswer } from './node-query.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 50;
const MOST_ITEMS = 500;
const LONGEST_ID = 64;

const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.string().max(LONGEST_ID).optional(),
  node: nodeParameter,
});

const KIND = 'ops.topic';

/** One topic: how it goes, and who listens. */
@ApiTags('operations')
@Controller('api/v1/ops/topics')
export class OpsTopicDetailController {
  constructor(
    rates: TopicRates,
    private readonly sources: LedgerSources,
    private readonly nodes: EveryNode,
    modules: ModuleRef,
  ) {
    nodes.answer(KIND, (query: TopicPartQuery) => {
      const { subscribers, gateway, node } = this.sources;
      // Asked for late: this module stands before all others, which the core is one of.
      const find = (wanted: string) => modules.get(TopicsView, { strict: false }).find(wanted);
      return topicPart({ node, rates, subscribers, gateway, find }, query);
    });
  }

  @Get(':topic')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'One topic: rates of the last minute, ends of its log, policy, and its subscribers on every node with their places',
    description:
      'A topic that nobody has published to has head 0. `items` are subscribers in the order of their connections’ ids; `lag` is what of the topic each was not offered yet, `queued_bytes` what waits for its connection.',
  })
  @ApiParam({ name: 'topic' })
  @ApiQuery({ name: 'limit', required: false, type: Number, description: `Most subscribers; 1 to ${MOST_ITEMS}` })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  @ApiQuery(NODE_QUERY)
  async one(@Param('topic') name: string, @Query() query: unknown): Promise<TopicDetail & { readonly as_of: number }> {
    const { limit, cursor, node } = readQuery(pageQuery, query);
    const topic = requireTopic(name, 'path.topic');
    const { stored } = this.sources;
    const ends = await stored.ends(topic);
    const { answers, missing } = await this.nodes.ask<TopicPart>(KIND, { topic, head: ends.head, limit, cursor }, node);
    requireAnswer(answers, missing);
    return { ...topicDetail(answers, missing, { ends, policy: stored.policyFor(topic), limit }), as_of: Date.now() };
  }
}
