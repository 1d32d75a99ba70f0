import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { AuditedRequest } from '../../audit/audit-note.js';
import type { Principal } from '../../auth/principal.js';
import { Requires } from '../../auth/requires.js';
import { Config } from '../../config/config.js';
import { OUTCOMES } from '../../messaging/ledger/outcome.js';
import { Refusal } from '../../protocol/refusal.js';
import { connectionsOf } from '../ledger/connections-of.js';
import { type Candidate, candidateOf, findById } from '../ledger/find-by-id.js';
import { LedgerSources } from '../ledger/ledger-sources.js';
import { type LocatedMessage, locate } from '../ledger/located-message.js';
import { type MessageOrigin, originOf } from '../ledger/message-view.js';
import {
  epochParameter,
  messageIdParameter,
  publisherParameter,
  seqParameter,
  topicParameter,
  userParameter,
} from '../ledger/topic-parameter.js';
import { makeWaybill, type Waybill } from '../ledger/waybill.js';
import { TracesEverywhere } from '../tracing/traces-everywhere.js';
import { Tracing } from '../tracing/tracing.js';
import { readQuery } from './query.js';

const DEFAULT_LIMIT = 100;
const MOST_ITEMS = 1_000;
const LONGEST_CURSOR = 256;

const pageFields = {
  limit: z.coerce.number().int().min(1).max(MOST_ITEMS).default(DEFAULT_LIMIT),
  cursor: z.string().min(1).max(LONGEST_CURSOR).optional(),
  outcome: z.enum(OUTCOMES).optional(),
  user: userParameter.optional(),
  payload: z.enum(['true', 'false']).default('false'),
};
const placeQuery = z.strictObject({ epoch: epochParameter.optional(), ...pageFields });
const placePath = z.strictObject({ topic: topicParameter, seq: seqParameter });
const idQuery = z.strictObject({ publisher: publisherParameter.optional(), topic: topicParameter.optional(), ...pageFields });
const idPath = z.strictObject({ msg_id: messageIdParameter });

type PageQuery = Omit<z.output<typeof placeQuery>, 'epoch'>;

/** What the admission of the gateway leaves on a request. */
interface AdmittedRequest extends AuditedRequest {
  readonly principal?: Principal;
}

interface Candidates {
  readonly candidates: readonly Candidate[];
  readonly as_of: number;
}

const REQUIRES = { scope: 'ops', users: false, operator: 'viewer', audit: 'message.payload', auditWhen: 'payload' } as const;
const PAYLOAD = {
  name: 'payload',
  required: false,
  enum: ['true', 'false'],
  description: 'The payload too: for admins, and recorded in the audit trail',
} as const;

/** Who received a message, and what became of it at each recipient. */
@ApiTags('operations')
@Controller('api/v1/ops')
export class OpsWaybillController {
  constructor(
    private readonly sources: LedgerSources,
    private readonly tracing: Tracing,
    private readonly config: Config,
    private readonly traces: TracesEverywhere,
  ) {}

  @Get('topics/:topic/messages/:seq/waybill')
  @Requires(REQUIRES)
  @ApiOperation({
    summary: 'The waybill of the message at a place: where it came from, and what became of it at every recipient',
    description: 'docs/waybills.md says what each outcome means, and what it does not.',
  })
  @ApiParam({ name: 'topic' })
  @ApiParam({ name: 'seq' })
  @ApiQuery({ name: 'epoch', required: false, description: 'Of an earlier life of the topic; by default the present one' })
  @ApiQuery({ name: 'limit', required: false, type: Number, description: 'Most recipients' })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  @ApiQuery({ name: 'outcome', required: false, enum: OUTCOMES, description: 'Only recipients with this outcome' })
  @ApiQuery({ name: 'user', required: false, description: 'Only recipients that are this user' })
  @ApiQuery(PAYLOAD)
  async byPlace(@Param() path: unknown, @Query() query: unknown, @Req() request: AdmittedRequest): Promise<Waybill> {
    const place = readPath(placePath, path);
    const { epoch, ...page } = readQuery(placeQuery, query);
    return this.waybill(await locate(this.sources, { ...place, epoch }), page, request);
  }

  @Get('messages/:msg_id/waybill')
  @Requires(REQUIRES)
  @ApiOperation({
    summary: 'The waybill of the message with this id, or the messages that have it',
    description: 'An id is unique for a topic and publisher; where several messages have it, the answer names them.',
  })
  @ApiParam({ name: 'msg_id' })
  @ApiQuery({ name: 'publisher', required: false, description: 'A user or key:<name>' })
  @ApiQuery({ name: 'topic', required: false })
  @ApiQuery({ name: 'limit', required: false, type: Number, description: 'Most recipients' })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  @ApiQuery({ name: 'outcome', required: false, enum: OUTCOMES, description: 'Only recipients with this outcome' })
  @ApiQuery({ name: 'user', required: false, description: 'Only recipients that are this user' })
  @ApiQuery(PAYLOAD)
  async byId(@Param() path: unknown, @Query() query: unknown, @Req() request: AdmittedRequest): Promise<Waybill | Candidates> {
    const { msg_id: msgId } = readPath(idPath, path);
    const { publisher, topic, ...page } = readQuery(idQuery, query);
    const found = await findById(this.sources, msgId, { publisher, topic });
    const [message] = found;
    if (message === undefined || found.length > 1) return { candidates: found.map(candidateOf), as_of: Date.now() };
    return this.waybill(await locate(this.sources, message), page, request);
  }

  private async waybill(located: LocatedMessage, { payload, ...page }: PageQuery, { principal }: AdmittedRequest): Promise<Waybill> {
    if (payload === 'true') requireAdmin(principal);
    // Beside each other: a node that hangs is waited for once.
    const [origin, waybill] = await Promise.all([
      this.originOf(located),
      makeWaybill(this.sources, located, { ...page, payload: payload === 'true' }),
    ]);
    return { ...waybill, origin };
  }

  private async originOf({ message }: LocatedMessage): Promise<MessageOrigin | null> {
    if (message === undefined) return null;
    const { connection } = message.origin ?? {};
    const { ring } = this.tracing;
    const origin = originOf(message, undefined, ring, this.config);
    const [views, isElsewhere] = await Promise.all([
      connection === undefined ? undefined : connectionsOf(this.sources, [connection]),
      origin.trace === 'gone' && origin.trace_id !== undefined && this.traces.isKept(origin.trace_id),
    ]);
    const ref = views?.get(connection as string)?.ref;
    return { ...originOf(message, ref, ring, this.config), ...(isElsewhere ? { trace: 'kept' } : {}) };
  }
}

/** A payload is what people wrote to each other. */
function requireAdmin(principal: Principal | undefined): void {
  if (principal?.scopes.includes('admin') === true) return;
  throw new Refusal(
    'PERMISSION_DENIED',
    'payload: the payload of a message is for admins: the role admin, or an API key with the scope admin',
    {
      field: 'payload',
      rule: 'waybill.payload',
    },
  );
}

function readPath<Schema extends z.ZodType>(schema: Schema, path: unknown): z.output<Schema> {
  const parsed = schema.safeParse(path);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw Refusal.badRequest(issue?.path.join('.') || 'path', issue?.message ?? 'not understood');
}
