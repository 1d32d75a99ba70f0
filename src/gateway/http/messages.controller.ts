import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Requires } from '../../auth/requires.js';
import { Config } from '../../config/config.js';
import type { PublishSource } from '../../messaging/publish-source.js';
import { Publisher } from '../../messaging/publisher.js';
import { ERRORS } from '../../protocol/error-codes.js';
import { isRecord, traceparentOrNothing } from '../../protocol/envelope.js';
import { Refusal } from '../../protocol/refusal.js';
import { Telemetry } from '../../telemetry/telemetry.js';
import { ALL_TOPIC, isUserId, requireTopic, userTopic } from '../../protocol/topic-name.js';
import { Admission } from '../admission.js';
import { Answers, PathParameter, Refuses } from './docs/answers.js';
import { BATCH_ANSWER, BATCH_BODY, PUBLISH_BODY, RECEIPT } from './docs/schemas.js';
import { type BatchItem, batchItemsOf, type PublishBody, publishBodyOf, readBatchItem, receiptAnswer } from './publish-body.js';
import { reportRefusedRequest } from './refused-request.js';
import { pathParameter, principalOf } from './request.js';

const PUBLISHERS = { scope: 'publish', users: true, operator: 'operator', audit: 'message.publish', auditFor: 'operators' } as const;
const PUBLISH_REFUSALS = ['BAD_REQUEST', 'PERMISSION_DENIED', 'CONFLICT', 'PAYLOAD_TOO_LARGE', 'UNAVAILABLE', 'UNKNOWN_OUTCOME'] as const;
const IdempotencyKey = ApiHeader({
  name: 'Idempotency-Key',
  required: false,
  description: 'Stands in for msg_id: a repeat within the idempotency time answers with the original position.',
});

/** The items of a batch are in memory already, so they may wait for room; there is nothing to hold up. */
const PATIENT: PublishSource = { publishWaits: () => undefined, publishesGoOn: () => undefined };

type Answer = Readonly<Record<string, unknown>>;

/** The publishing half of REST. Answers come when the message is stored; the core judges the rights on the topic. */
@ApiTags('Publish')
@Controller('api/v1')
export class MessagesController {
  constructor(
    private readonly publisher: Publisher,
    private readonly config: Config,
    private readonly admission: Admission,
    private readonly telemetry: Telemetry,
  ) {}

  @Post('topics/:topic/messages')
  @Requires(PUBLISHERS)
  @ApiOperation({ summary: 'Publish to a topic' })
  @PathParameter('topic', 'Name of the topic.')
  @IdempotencyKey
  @ApiBody({ schema: PUBLISH_BODY })
  @Answers(201, RECEIPT)
  @Refuses(...PUBLISH_REFUSALS)
  async publish(@Req() request: FastifyRequest): Promise<Answer> {
    return this.store(requireTopic(pathParameter(request, 'topic'), 'topic'), publishBodyOf(request), request);
  }

  @Post('messages')
  @HttpCode(200)
  @RouteConfig({ requires: PUBLISHERS, batch: true })
  @ApiOperation({ summary: 'Publish up to 1,000 messages, to one or many topics; each has its own result, in the order given' })
  @ApiBody({ schema: BATCH_BODY })
  @Answers(200, BATCH_ANSWER)
  @Refuses('BAD_REQUEST', 'PAYLOAD_TOO_LARGE', 'RATE_LIMITED')
  async publishBatch(@Req() request: FastifyRequest): Promise<{ readonly items: readonly Answer[] }> {
    const items = batchItemsOf(request);
    this.admission.charge(request.raw, principalOf(request), items.length);
    // Every publish is handed over before any is awaited: they share commits, and keep their order within a topic.
    return { items: await Promise.all(items.map((item) => this.storeItem(item, request))) };
  }

  @Post('users/:user/messages')
  @Requires(PUBLISHERS)
  @ApiOperation({ summary: 'Send to one user: every connection of theirs gets it, and history keeps it for the next one' })
  @PathParameter('user', 'User id, percent-encoded.')
  @IdempotencyKey
  @ApiBody({ schema: PUBLISH_BODY })
  @Answers(201, RECEIPT)
  @Refuses(...PUBLISH_REFUSALS)
  async sendToUser(@Req() request: FastifyRequest): Promise<Answer> {
    const user = pathParameter(request, 'user');
    if (!isUserId(user)) throw Refusal.badRequest('user', 'must be a user id: up to 128 printable characters');
    return this.store(userTopic(user), publishBodyOf(request), request);
  }

  @Post('broadcast')
  @Requires(PUBLISHERS)
  @ApiOperation({ summary: 'Send to everyone' })
  @IdempotencyKey
  @ApiBody({ schema: PUBLISH_BODY })
  @Answers(201, RECEIPT)
  @Refuses(...PUBLISH_REFUSALS)
  async broadcast(@Req() request: FastifyRequest): Promise<Answer> {
    return this.store(ALL_TOPIC, publishBodyOf(request), request);
  }

  private async store(topic: string, body: PublishBody, request: FastifyRequest, source?: PublishSource): Promise<Answer> {
    const trace = traceparentOrNothing(request.headers['traceparent']);
    const origin = {
      principal: principalOf(request),
      door: 'rest',
      connection: undefined,
      address: this.admission.addressOf(request.raw),
      source,
    } as const;
    return receiptAnswer(await this.publisher.publish({ topic, ...body, clientTimestamp: undefined, trace }, origin));
  }

  private async storeItem(item: BatchItem, request: FastifyRequest): Promise<Answer> {
    try {
      const { topic, ...body } = readBatchItem(item, this.config.gateway.frameBytes);
      return { code: 'OK', ...(await this.store(topic, body, request, PATIENT)) };
    } catch (error) {
      // A defect fails the whole request; a "no" is the result of this one item.
      if (!(error instanceof Refusal)) throw error;
      reportRefusedRequest({ telemetry: this.telemetry, admission: this.admission }, request, error, topicOf(item));
      const { code, message, field, retryAfterMs } = error;
      return { code, message, field, retry_after_ms: retryAfterMs, retry: ERRORS[code].retry };
    }
  }
}

function topicOf({ value }: BatchItem): string | undefined {
  const topic = isRecord(value) ? value['topic'] : undefined;
  return typeof topic === 'string' ? topic : undefined;
}
