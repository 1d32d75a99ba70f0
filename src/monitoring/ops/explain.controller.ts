import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Requires } from '../../auth/requires.js';
import { Refusal } from '../../protocol/refusal.js';
import { explain } from '../ledger/explain/explain.js';
import { explainNow } from '../ledger/explain/explain-now.js';
import type { Explanation } from '../ledger/explain/findings.js';
import { findById } from '../ledger/find-by-id.js';
import { LedgerSources } from '../ledger/ledger-sources.js';
import {
  epochParameter,
  messageIdParameter,
  publisherParameter,
  seqParameter,
  topicParameter,
  userParameter,
} from '../ledger/topic-parameter.js';
import { readQuery } from './query.js';

const explainQuery = z.strictObject({
  user: userParameter,
  topic: topicParameter.optional(),
  seq: seqParameter.optional(),
  epoch: epochParameter.optional(),
  msg_id: messageIdParameter.optional(),
  publisher: publisherParameter.optional(),
});

const NAMED_IN_FULL = 5;

/** Why somebody received a message, or did not. */
@ApiTags('operations')
@Controller('api/v1/ops/explain')
export class OpsExplainController {
  constructor(private readonly sources: LedgerSources) {}

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'Why a user received a message or did not, step by step; without seq, whether they receive the topic now',
    description: 'docs/waybills.md says what each outcome means, and what it does not.',
  })
  @ApiQuery({ name: 'user', description: 'A user, or key:<name>' })
  @ApiQuery({ name: 'topic', required: false })
  @ApiQuery({ name: 'seq', required: false, type: Number })
  @ApiQuery({ name: 'epoch', required: false, description: 'Of an earlier life of the topic; by default the present one' })
  @ApiQuery({ name: 'msg_id', required: false, description: 'Instead of seq; with topic and publisher where several messages have it' })
  @ApiQuery({ name: 'publisher', required: false, description: 'With msg_id' })
  async explain(@Query() query: unknown): Promise<Explanation> {
    const { user, topic, seq, epoch, msg_id: msgId, publisher } = readQuery(explainQuery, query);
    if (msgId !== undefined) {
      if (seq !== undefined || epoch !== undefined)
        throw Refusal.badRequest('query.msg_id', 'names a message by itself: leave out seq and epoch');
      return explain(this.sources, user, await this.theOne(msgId, { topic, publisher }));
    }
    if (publisher !== undefined) throw Refusal.badRequest('query.publisher', 'goes with msg_id');
    if (topic === undefined) throw Refusal.badRequest('query.topic', 'name a topic, or a message by msg_id');
    if (seq !== undefined) return explain(this.sources, user, { topic, seq, epoch });
    if (epoch !== undefined) throw Refusal.badRequest('query.epoch', 'goes with seq');
    return explainNow(this.sources, user, topic);
  }

  private async theOne(msgId: string, by: { readonly topic: string | undefined; readonly publisher: string | undefined }) {
    const found = await findById(this.sources, msgId, by);
    const [message] = found;
    if (message !== undefined && found.length === 1) return message;
    const named = found.slice(0, NAMED_IN_FULL).map(({ publisher, topic, seq }) => `${topic} ${seq} by ${publisher}`);
    throw Refusal.badRequest(
      'query.msg_id',
      `${found.length} messages have this id: ${named.join('; ')}. Name topic and seq, or publisher`,
    );
  }
}
