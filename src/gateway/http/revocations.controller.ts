import { Body, Controller, Delete, Get, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { noteForAudit } from '../../audit/audit-note.js';
import { Requires } from '../../auth/requires.js';
import { type RevocationTarget, Revoking } from '../../auth/revoking.js';
import { Refusal } from '../../protocol/refusal.js';
import { readBody } from './auth-bodies.js';
import { Answers, PathParameter, Refuses } from './docs/answers.js';
import { REVOCATION, REVOCATION_BODY, REVOCATIONS } from './docs/revocation-schemas.js';
import { pathParameter, principalOf, queryInteger, queryText } from './request.js';
import { revocationBody } from './revocation-bodies.js';
import { pageView, revocationView } from './revocation-views.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const KINDS = ['token', 'user', 'everyone', 'renewed'] as const;
const LIST = { defaultLimit: 100, mostItems: 1_000 };

/** Tokens that end before their time. Times are milliseconds since the epoch. */
@ApiTags('Auth')
@Controller('api/v1/auth/revocations')
export class RevocationsController {
  constructor(private readonly revoking: Revoking) {}

  @Post()
  @Requires({ scope: 'admin', users: false, operator: 'operator', audit: 'revocation.create' })
  @ApiOperation({
    summary: 'Revoke tokens',
    description:
      "One token (token_id or token), a user's tokens (user, and issued_before where it is not now), or everybody's (issued_before alone). " +
      'Open connections that came with such a token are closed with 4503: on this node at once, on others when they next ask the database.',
  })
  @ApiBody({ schema: REVOCATION_BODY })
  @Answers(201, REVOCATION)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'LIMIT_EXCEEDED', 'UNAVAILABLE')
  async create(@Req() request: FastifyRequest, @Body() body: unknown): Promise<object> {
    const wanted = readBody(revocationBody, body);
    const target = targetOf(wanted);
    noteForAudit(request, { target: auditTarget(wanted) });
    const rule = await this.revoking.revoke(target, { reason: wanted.reason ?? '', by: principalOf(request).id });
    noteForAudit(request, { after: revocationView(rule) });
    return revocationView(rule);
  }

  @Get()
  @Requires({ scope: 'admin', users: false, operator: 'viewer' })
  @ApiOperation({
    summary: 'List revocations',
    description: 'Those in force, newest first. Tokens that were renewed are listed where `kind=renewed` asks for them.',
  })
  @ApiQuery({ name: 'kind', required: false, schema: { type: 'string', enum: [...KINDS] } })
  @ApiQuery({ name: 'user', required: false, schema: { type: 'string' }, description: 'Only those of this user.' })
  @ApiQuery({
    name: 'limit',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: LIST.mostItems, default: LIST.defaultLimit },
  })
  @ApiQuery({ name: 'cursor', required: false, schema: { type: 'string' }, description: '`next` of the page before.' })
  @Answers(200, REVOCATIONS)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'UNAVAILABLE')
  async list(@Req() request: FastifyRequest): Promise<object> {
    const kind = queryText(request, 'kind');
    const user = queryText(request, 'user');
    const kinds = KINDS.filter((known) => (kind === undefined ? known !== 'renewed' : known === kind));
    if (kinds.length === 0) throw Refusal.badRequest('query.kind', `must be one of ${KINDS.join(', ')}`);
    const page = await this.revoking.list({
      kinds: user === undefined ? kinds : kinds.filter((known) => known === 'user'),
      subject: user,
      limit: queryInteger(request, 'limit', { min: 1, max: LIST.mostItems }) ?? LIST.defaultLimit,
      before: queryInteger(request, 'cursor', { min: 1, max: Number.MAX_SAFE_INTEGER }),
    });
    return pageView(page, revocationView);
  }

  @Delete(':id')
  @Requires({ scope: 'admin', users: false, operator: 'operator', audit: 'revocation.delete' })
  @ApiOperation({ summary: 'Take a revocation back', description: 'Tokens that are still within their life are accepted again.' })
  @PathParameter('id', 'Id of the revocation, a UUID.')
  @Answers(200, REVOCATION)
  @Refuses('PERMISSION_DENIED', 'NOT_FOUND', 'UNAVAILABLE')
  async remove(@Req() request: FastifyRequest): Promise<object> {
    const id = pathParameter(request, 'id');
    noteForAudit(request, { target: id });
    const rule = UUID.test(id) ? await this.revoking.takeBack(id, KINDS) : undefined;
    if (rule === undefined)
      throw new Refusal('NOT_FOUND', 'There is no revocation in force with this id; GET /api/v1/auth/revocations lists them.');
    noteForAudit(request, { before: revocationView(rule) });
    return revocationView(rule);
  }
}

type Wanted = z.infer<typeof revocationBody>;

function targetOf({ token_id: tokenId, token, user, issued_before: issuedBefore }: Wanted): RevocationTarget {
  const named = [tokenId, token, user].filter((value) => value !== undefined).length;
  if (named > 1 || (named === 0 && issuedBefore === undefined))
    throw Refusal.badRequest('body', 'must name one of token_id, token and user, or issued_before alone for the tokens of everybody');
  if (user !== undefined) return { user, issuedBefore };
  if (named === 1 && issuedBefore !== undefined) throw Refusal.badRequest('issued_before', 'goes with user, or stands alone');
  if (tokenId !== undefined) return { tokenId };
  if (token !== undefined) return { token };
  return { issuedBefore: issuedBefore as number };
}

/** A token itself is a secret: its id, which the answer shows, stands in the record of what was done. */
function auditTarget({ token_id: tokenId, token, user }: Wanted): string {
  if (tokenId !== undefined) return `token:${tokenId}`;
  return token === undefined ? (user ?? 'everyone') : 'token';
}
