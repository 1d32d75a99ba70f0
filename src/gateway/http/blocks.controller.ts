import { Body, Controller, Delete, Get, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { noteForAudit } from '../../audit/audit-note.js';
import { Requires } from '../../auth/requires.js';
import { Revoking } from '../../auth/revoking.js';
import { Refusal } from '../../protocol/refusal.js';
import { readBody } from './auth-bodies.js';
import { Answers, PathParameter, Refuses } from './docs/answers.js';
import { BLOCK, BLOCK_BODY, BLOCKS } from './docs/revocation-schemas.js';
import { pathParameter, principalOf, queryInteger, queryText } from './request.js';
import { blockBody } from './revocation-bodies.js';
import { blockView, pageView } from './revocation-views.js';

const LIST = { defaultLimit: 100, mostItems: 1_000 };

/** Users who are kept out, whatever token they bring. Times are milliseconds since the epoch. */
@ApiTags('Auth')
@Controller('api/v1/auth/blocks')
export class BlocksController {
  constructor(private readonly revoking: Revoking) {}

  @Post()
  @Requires({ scope: 'admin', users: false, operator: 'operator', audit: 'user.block' })
  @ApiOperation({
    summary: 'Block a user',
    description: 'Closes their connections with 4503 and refuses their tokens with 403, new ones too. Takes the place of an earlier block.',
  })
  @ApiBody({ schema: BLOCK_BODY })
  @Answers(201, BLOCK)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'LIMIT_EXCEEDED', 'UNAVAILABLE')
  async create(@Req() request: FastifyRequest, @Body() body: unknown): Promise<object> {
    const { user, ttl_s: ttlSeconds, reason = '' } = readBody(blockBody, body);
    noteForAudit(request, { target: user });
    const expiresAt = ttlSeconds === undefined ? undefined : Date.now() + ttlSeconds * 1_000;
    const rule = await this.revoking.block(user, expiresAt, { reason, by: principalOf(request).id });
    noteForAudit(request, { after: blockView(rule) });
    return blockView(rule);
  }

  @Get()
  @Requires({ scope: 'admin', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'List blocked users', description: 'Blocks in force, newest first.' })
  @ApiQuery({ name: 'user', required: false, schema: { type: 'string' }, description: 'Only this user.' })
  @ApiQuery({
    name: 'limit',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: LIST.mostItems, default: LIST.defaultLimit },
  })
  @ApiQuery({ name: 'cursor', required: false, schema: { type: 'string' }, description: '`next` of the page before.' })
  @Answers(200, BLOCKS)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'UNAVAILABLE')
  async list(@Req() request: FastifyRequest): Promise<object> {
    const page = await this.revoking.list({
      kinds: ['block'],
      subject: queryText(request, 'user'),
      limit: queryInteger(request, 'limit', { min: 1, max: LIST.mostItems }) ?? LIST.defaultLimit,
      before: queryInteger(request, 'cursor', { min: 1, max: Number.MAX_SAFE_INTEGER }),
    });
    return pageView(page, blockView);
  }

  @Delete(':user')
  @Requires({ scope: 'admin', users: false, operator: 'operator', audit: 'user.unblock' })
  @ApiOperation({ summary: 'Take a block back', description: 'The user may connect again, with any token that was not revoked.' })
  @PathParameter('user', 'Id of the user.')
  @Answers(200, BLOCK)
  @Refuses('PERMISSION_DENIED', 'NOT_FOUND', 'UNAVAILABLE')
  async remove(@Req() request: FastifyRequest): Promise<object> {
    const user = pathParameter(request, 'user');
    noteForAudit(request, { target: user });
    const rule = await this.revoking.unblock(user);
    if (rule === undefined) throw new Refusal('NOT_FOUND', 'This user is not blocked; GET /api/v1/auth/blocks lists those who are.');
    noteForAudit(request, { before: blockView(rule) });
    return blockView(rule);
  }
}
