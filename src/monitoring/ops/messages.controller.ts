import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import { Refusal } from '../../protocol/refusal.js';
import { LedgerSources } from '../ledger/ledger-sources.js';
import { type MessagePage, searchMessages } from '../ledger/message-search.js';
import { publisherParameter, topicParameter } from '../ledger/topic-parameter.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 50;
const MOST_ITEMS = 500;
const LONGEST_CURSOR = 256;
const time = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional();

const messagesQuery = z.strictObject({
  topic: topicParameter,
  from: time,
  to: time,
  publisher: publisherParameter.optional(),
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.string().min(1).max(LONGEST_CURSOR).optional(),
});

/** The way to a message whose id nobody knows. */
@ApiTags('operations')
@Controller('api/v1/ops/messages')
export class OpsMessagesController {
  constructor(private readonly sources: LedgerSources) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'Messages of one topic by time and publisher, newest first, without their payloads',
    description:
      'The work for one page is bounded: a page of a long log may hold fewer than `limit`, or none, and still have a `next`. `looked_at` says how many messages were looked at for it.',
  })
  @ApiQuery({ name: 'topic' })
  @ApiQuery({ name: 'from', required: false, type: Number, description: 'Accepted at or after this time, in milliseconds since the epoch' })
  @ApiQuery({ name: 'to', required: false, type: Number, description: 'Accepted at or before this time, in milliseconds since the epoch' })
  @ApiQuery({ name: 'publisher', required: false, description: 'A user, or key:<name>' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  list(@Query() query: unknown): Promise<MessagePage> {
    const asked = readQuery(messagesQuery, query);
    if (asked.from !== undefined && asked.to !== undefined && asked.from > asked.to)
      throw Refusal.badRequest('query.from', 'is after `to`: nothing can be between them');
    return searchMessages(this.sources, asked);
  }
}
