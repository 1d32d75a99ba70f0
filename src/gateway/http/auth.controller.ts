import { Body, Controller, Delete, Get, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { noteForAudit } from '../../audit/audit-note.js';
import type { ApiKey } from '../../auth/api-key.entity.js';
import { ApiKeys } from '../../auth/api-keys.js';
import { requestCredentials } from '../../auth/bearer.js';
import { Requires } from '../../auth/requires.js';
import { Tickets } from '../../auth/tickets.js';
import { grantsOf } from '../../auth/token-claims.js';
import { TokenIssuer } from '../../auth/token-issuer.js';
import { TokenRefresh } from '../../auth/token-refresh.js';
import { Refusal } from '../../protocol/refusal.js';
import { mintBody, newKeyBody, readBody, rotateBody } from './auth-bodies.js';
import { Answers, PathParameter, Refuses } from './docs/answers.js';
import { CHECKED, KEYS, MADE_KEY, MINT_BODY, NEW_KEY_BODY, REVOKED_KEY, ROTATE_BODY, TICKET, TOKEN } from './docs/auth-schemas.js';
import { pathParameter, principalOf } from './request.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Tokens, tickets and API keys by REST. Times are milliseconds since the epoch. */
@ApiTags('Auth')
@Controller('api/v1/auth')
export class AuthController {
  constructor(
    private readonly issuer: TokenIssuer,
    private readonly tokens: TokenRefresh,
    private readonly waitingTickets: Tickets,
    private readonly apiKeys: ApiKeys,
  ) {}

  @Post('tokens')
  @Requires({ scope: 'tokens', users: false, operator: 'admin', audit: 'token.mint', auditFor: 'operators' })
  @ApiOperation({
    summary: 'Mint a user token',
    description:
      'For the application behind the gateway, when one of its users signs in. Needs an API key with the scope "tokens", or an operator with the role "admin", of whom it is recorded.',
  })
  @ApiBody({ schema: MINT_BODY })
  @Answers(201, TOKEN)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED')
  async mint(@Req() request: FastifyRequest, @Body() body: unknown): Promise<object> {
    const wanted = readBody(mintBody, body);
    noteForAudit(request, { target: wanted.user });
    const minted = await this.issuer.mint({
      user: wanted.user,
      roles: wanted.roles ?? [],
      grants: grantsOf(wanted),
      ...(wanted.ttl_s === undefined ? {} : { ttlSeconds: wanted.ttl_s }),
    });
    noteForAudit(request, { after: { ...wanted, expires_at: minted.expiresAt } });
    return { token: minted.token, expires_at: minted.expiresAt };
  }

  @Post('refresh')
  @Requires({ scope: 'none', users: true })
  @ApiOperation({
    summary: 'Renew a user token',
    description:
      'The same user and grants, a new expiry; up to a longest life of the session, after which a new token must be minted. ' +
      'The old token is retired: a little later (WAYBILL_REFRESH_GRACE_S) it opens nothing any more.',
  })
  @Answers(201, TOKEN)
  @Refuses('PERMISSION_DENIED', 'LIMIT_EXCEEDED', 'UNAVAILABLE')
  async refresh(@Req() request: FastifyRequest): Promise<object> {
    const credentials = requestCredentials(request.raw);
    if (credentials?.kind !== 'token') throw usersOnly('Only user tokens are renewed; an API key does not expire.');
    const minted = await this.tokens.refresh(credentials.token);
    return { token: minted.token, expires_at: minted.expiresAt };
  }

  @Post('tickets')
  @Requires({ scope: 'none', users: true })
  @ApiOperation({
    summary: 'Get a one-time ticket',
    description: 'For clients that can send neither a header nor a subprotocol: connect to /ws?ticket=… once, within its life.',
  })
  @Answers(201, TICKET)
  @Refuses('PERMISSION_DENIED', 'LIMIT_EXCEEDED')
  async ticket(@Req() request: FastifyRequest): Promise<object> {
    const principal = principalOf(request);
    if (principal.kind !== 'user') throw usersOnly('A ticket stands for a user: ask for it with a user token.');
    const { ticket, expiresAt } = await this.waitingTickets.issue(principal);
    return { ticket, expires_at: expiresAt };
  }

  @Get('check')
  @Requires({ scope: 'none', users: true, operator: 'viewer' })
  @ApiOperation({
    summary: 'Check a credential',
    description: 'Passes the same checks as an upgrade, so a browser learns from the code of the answer why its upgrade was refused.',
  })
  @Answers(200, CHECKED)
  @Refuses()
  check(@Req() request: FastifyRequest): object {
    const { kind, id, roles, scopes, expiresAt } = principalOf(request);
    return { kind, user: kind === 'user' ? id : undefined, roles, scopes, expires_at: expiresAt };
  }

  @Post('keys')
  @Requires({ scope: 'admin', users: false, operator: 'admin', audit: 'key.create' })
  @ApiOperation({
    summary: 'Make an API key',
    description: 'The answer holds the key; it is stored hashed and never shown again. A key cannot hand on scopes that it lacks.',
  })
  @ApiBody({ schema: NEW_KEY_BODY })
  @Answers(201, MADE_KEY)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'UNAVAILABLE')
  async createKey(@Req() request: FastifyRequest, @Body() body: unknown): Promise<object> {
    const creator = principalOf(request);
    const { name, scopes, expires_at: expiresAt } = readBody(newKeyBody, body);
    if (expiresAt !== undefined && expiresAt <= Date.now()) throw Refusal.badRequest('expires_at', 'is past');
    const { key, record } = await this.apiKeys.create({ name, scopes, expiresAt }, creator);
    noteForAudit(request, { target: record.id, after: { name: record.name, scopes: record.scopes, expires_at: expiresAt } });
    return { ...keyView(record), key };
  }

  @Get('keys')
  @Requires({ scope: 'admin', users: false, operator: 'admin' })
  @ApiOperation({ summary: 'List API keys', description: 'Newest first, revoked ones included; without the keys themselves.' })
  @Answers(200, KEYS)
  @Refuses('PERMISSION_DENIED', 'UNAVAILABLE')
  async listKeys(): Promise<object> {
    const asOf = Date.now();
    return { items: (await this.apiKeys.list()).map(keyView), as_of: asOf };
  }

  @Post('keys/:id/rotate')
  @HttpCode(200)
  @Requires({ scope: 'admin', users: false, operator: 'admin', audit: 'key.rotate' })
  @ApiOperation({
    summary: 'Give an API key another secret',
    description:
      'The answer holds the new secret, this once. The one before works for overlap_s more, under the same name; one that was left of an earlier rotation stops at once.',
  })
  @PathParameter('id', 'Id of the key, a UUID.')
  @ApiBody({ schema: ROTATE_BODY })
  @Answers(200, MADE_KEY)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'NOT_FOUND', 'CONFLICT', 'UNAVAILABLE')
  async rotateKey(@Req() request: FastifyRequest, @Body() body: unknown): Promise<object> {
    const id = pathParameter(request, 'id');
    const { overlap_s: overlap } = readBody(rotateBody, body);
    const rotated = UUID.test(id) ? await this.apiKeys.rotate(id, overlap, principalOf(request)) : undefined;
    if (rotated === undefined) throw unknownKey('There is no API key in use with this id; GET /api/v1/auth/keys lists them.');
    const { key, record } = rotated;
    noteForAudit(request, { target: id, after: { name: record.name, previous_until: record.previousUntil?.getTime() } });
    return { ...keyView(record), key };
  }

  @Delete('keys/:id')
  @Requires({ scope: 'admin', users: false, operator: 'admin', audit: 'key.revoke' })
  @ApiOperation({ summary: 'Revoke an API key', description: 'Takes effect at once on this node. Revoking twice is harmless.' })
  @PathParameter('id', 'Id of the key, a UUID.')
  @Answers(200, REVOKED_KEY)
  @Refuses('PERMISSION_DENIED', 'NOT_FOUND', 'UNAVAILABLE')
  async revokeKey(@Req() request: FastifyRequest): Promise<object> {
    const id = pathParameter(request, 'id');
    const key = UUID.test(id) ? await this.apiKeys.find(id) : null;
    if (key === null || !(await this.apiKeys.revoke(id)))
      throw unknownKey('There is no API key with this id; GET /api/v1/auth/keys lists them.');
    noteForAudit(request, { before: shownState(key), after: { ...shownState(key), revoked: true } });
    return { id };
  }
}

function keyView(key: ApiKey): object {
  return {
    id: key.id,
    name: key.name,
    scopes: key.scopes,
    created_at: key.createdAt.getTime(),
    expires_at: key.expiresAt?.getTime(),
    last_used_at: key.lastUsedAt?.getTime(),
    last_used_from: key.lastUsedFrom ?? undefined,
    previous_until: key.previousUntil?.getTime(),
    revoked_at: key.revokedAt?.getTime(),
  };
}

function unknownKey(message: string): Refusal {
  return new Refusal('NOT_FOUND', message);
}

function shownState({ name, scopes, revokedAt }: ApiKey): object {
  return { name, scopes, revoked: revokedAt !== null };
}

function usersOnly(message: string): Refusal {
  return new Refusal('PERMISSION_DENIED', message, { rule: 'users only' });
}
