import { Controller, Delete, Get, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Requires } from '../../auth/requires.js';
import { Config } from '../../config/config.js';
import { History } from '../../messaging/history.js';
import type { ReadRange } from '../../messaging/message-log.js';
import { TopicPresence } from '../../messaging/topic-presence.js';
import { encodeTopicMessage } from '../../protocol/codec.js';
import { LIMITS } from '../../protocol/limits.js';
import { Refusal } from '../../protocol/refusal.js';
import { requireTopic } from '../../protocol/topic-name.js';
import { Admission } from '../admission.js';
import { historyUnits, PRESENCE_COST } from '../limits/cost.js';
import { wantsEventStream } from './accept.js';
import { answerText } from './answer.js';
import { Answers, PathParameter, Refuses } from './docs/answers.js';
import { DELETED, HISTORY, PRESENCE, TOPIC, TOPICS } from './docs/schemas.js';
import { EventStreams } from './event-streams.js';
import { pathParameter, principalOf, queryInteger, queryText } from './request.js';

const READERS = { scope: 'read', users: true, operator: 'viewer' } as const;
/** Those who run the service may look at what was said, and it is recorded that they did. */
const PAYLOAD_READERS = { ...READERS, audit: 'messages.read', auditFor: 'operators' } as const;
const PAGE = { min: 1, max: LIMITS.historyPage } as const;
const SEQ = { min: 0, max: Number.MAX_SAFE_INTEGER } as const;
const DEFAULT_PAGE = 100;
const NAME_LENGTH = 2_048;

type Answer = Readonly<Record<string, unknown>>;

/** The reading half of REST. */
@ApiTags('Topics')
@Controller('api/v1/topics')
export class TopicsController {
  constructor(
    private readonly history: History,
    private readonly presence: TopicPresence,
    private readonly streams: EventStreams,
    private readonly config: Config,
    private readonly admission: Admission,
  ) {}

  @Get()
  @Requires({ scope: 'read', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'List topics in name order' })
  @ApiQuery({ name: 'prefix', required: false, description: 'Only names that begin with this.' })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before.' })
  @ApiQuery({ name: 'limit', required: false, schema: { type: 'integer', minimum: 1, maximum: LIMITS.historyPage, default: DEFAULT_PAGE } })
  @Answers(200, TOPICS)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'UNAVAILABLE')
  async list(@Req() request: FastifyRequest): Promise<Answer> {
    const limit = queryInteger(request, 'limit', PAGE) ?? DEFAULT_PAGE;
    const after = nameQuery(request, 'cursor');
    const prefix = nameQuery(request, 'prefix');
    const asOf = Date.now();
    // One more than asked tells whether there is a next page.
    const topics = await this.history.topics({
      limit: limit + 1,
      ...(after === undefined ? {} : { after }),
      ...(prefix === undefined ? {} : { prefix }),
    });
    const page = topics.slice(0, limit);
    const items = page.map(({ topic, epoch, head, floor, lastAt }) => ({ topic, epoch, head, floor, last_at: lastAt }));
    return { items, as_of: asOf, next: topics.length > limit ? page.at(-1)?.topic : undefined };
  }

  @Get(':topic')
  @Requires(READERS)
  @ApiOperation({ summary: 'Ends of a topic: its epoch, newest and oldest position' })
  @PathParameter('topic', 'Name of the topic.')
  @Answers(200, TOPIC)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'UNAVAILABLE')
  async ends(@Req() request: FastifyRequest): Promise<Answer> {
    const topic = topicOf(request);
    const { epoch, head, floor } = await this.history.ends(principalOf(request), topic);
    return { topic, epoch, head, floor };
  }

  @Delete(':topic')
  @Requires({ scope: 'admin', users: false, operator: 'admin', audit: 'topic.delete' })
  @ApiOperation({ summary: 'Delete a topic, its log and all; live subscribers are told with topic.reset' })
  @PathParameter('topic', 'Name of the topic.')
  @Answers(200, DELETED)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'NOT_FOUND', 'UNAVAILABLE')
  async delete(@Req() request: FastifyRequest): Promise<Answer> {
    const topic = topicOf(request);
    const deleted = await this.history.delete(topic);
    if (!deleted) throw new Refusal('NOT_FOUND', `topic: nothing was ever published to "${topic}"`, { field: 'topic' });
    return { topic, deleted };
  }

  @Get(':topic/messages')
  @Requires(PAYLOAD_READERS)
  @ApiOperation({ summary: 'Messages of a topic: history as JSON, or a live stream with Accept: text/event-stream' })
  @PathParameter('topic', 'Name of the topic.')
  @ApiQuery({
    name: 'after',
    required: false,
    schema: { type: 'integer' },
    description: 'Only messages with a greater seq. For a stream: where to begin.',
  })
  @ApiQuery({ name: 'before', required: false, schema: { type: 'integer' }, description: 'Only messages with a smaller seq.' })
  @ApiQuery({ name: 'limit', required: false, schema: { type: 'integer', minimum: 1, maximum: LIMITS.historyPage, default: DEFAULT_PAGE } })
  @ApiQuery({ name: 'epoch', required: false, description: 'For a stream: the epoch that `after` belongs to.' })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'For a stream: resumes behind this event, epoch:seq.' })
  @Answers(200, HISTORY, { stream: true })
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'HISTORY_GONE', 'LIMIT_EXCEEDED', 'RATE_LIMITED', 'UNAVAILABLE')
  async messages(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const topic = topicOf(request);
    vary(reply, 'Accept');
    if (request.method === 'GET' && wantsEventStream(request.headers.accept)) return this.streams.open(request, reply, topic);
    const range = rangeOf(request, this.config.gateway.batchBytes);
    this.admission.charge(request.raw, principalOf(request), historyUnits(range.limit), 'history');
    // A HEAD request is answered without them.
    const read = request.method === 'GET' ? 'fetch' : 'read';
    const { epoch, head, messages } = await this.history[read](principalOf(request), topic, range);
    // Written by hand: payloads are copied as they were published, never parsed.
    const data = `{"epoch":"${epoch}","head":${head},"messages":[${messages.map(encodeTopicMessage).join(',')}]}`;
    reply.type('application/json; charset=utf-8').send(answerText(data, request.traceId));
  }

  @Get(':topic/presence')
  @Requires(READERS)
  @ApiOperation({ summary: 'Who is subscribed to a topic now' })
  @PathParameter('topic', 'Name of the topic.')
  @Answers(200, PRESENCE)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'NOT_FOUND', 'RATE_LIMITED', 'UNAVAILABLE')
  async members(@Req() request: FastifyRequest): Promise<Answer> {
    const principal = principalOf(request);
    this.admission.charge(request.raw, principal, PRESENCE_COST.units, PRESENCE_COST.kind);
    const { users, connections, members, partial } = await this.presence.list(principal, topicOf(request));
    const shown = members.map(({ user, connectionId, node, joinedAt }) => ({
      user,
      connection_id: connectionId,
      node,
      joined_at: joinedAt,
    }));
    return { users, connections, partial, members: shown };
  }
}

function topicOf(request: FastifyRequest): string {
  return requireTopic(pathParameter(request, 'topic'), 'topic');
}

function rangeOf(request: FastifyRequest, maxBytes: number): ReadRange {
  const after = queryInteger(request, 'after', SEQ);
  const before = queryInteger(request, 'before', SEQ);
  const limit = queryInteger(request, 'limit', PAGE) ?? DEFAULT_PAGE;
  return { limit, maxBytes, ...(after === undefined ? {} : { after }), ...(before === undefined ? {} : { before }) };
}

function nameQuery(request: FastifyRequest, name: string): string | undefined {
  const value = queryText(request, name);
  if (value === undefined || (value.length <= NAME_LENGTH && /^[\w$~.-]*$/.test(value))) return value;
  throw Refusal.badRequest(`query.${name}`, 'must be a topic name or the beginning of one');
}

/** CORS has set Vary already; both must stand in it. */
function vary(reply: FastifyReply, field: string): void {
  const present = reply.getHeader('vary');
  reply.header('vary', present === undefined ? field : `${String(present)}, ${field}`);
}
