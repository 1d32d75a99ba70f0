import { Body, Controller, Delete, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { noteForAudit } from '../../audit/audit-note.js';
import { requestCredentials } from '../../auth/bearer.js';
import { onSocket } from '../../auth/operators/operator-rights.js';
import { OperatorSessions, type SessionView } from '../../auth/operators/operator-sessions.js';
import { Operators } from '../../auth/operators/operators.js';
import { SignIn, type SignInAttempt } from '../../auth/operators/sign-in.js';
import { Requires } from '../../auth/requires.js';
import { isInBackground, sessionCookie, sessionCookieOf } from '../../auth/session-cookie.js';
import { Tickets } from '../../auth/tickets.js';
import { Config } from '../../config/config.js';
import { Refusal } from '../../protocol/refusal.js';
import { addressGroup } from '../address-group.js';
import { Admission } from '../admission.js';
import { readBody } from './auth-bodies.js';
import { Answers, Refuses } from './docs/answers.js';
import { TICKET } from './docs/auth-schemas.js';
import { ENDED_SESSION, OWN_PASSWORD_BODY, SESSION, SIGN_IN_BODY } from './docs/operator-schemas.js';
import { ownPasswordBody, signInBody } from './operator-bodies.js';
import { principalOf } from './request.js';

/** Any operator, and nobody else. */
const ANY_OPERATOR = { scope: 'operators', users: false, operator: 'viewer' } as const;

/** How operators sign in and out. The session is a cookie that no script can read, for REST alone; a ticket of it opens a socket. */
@ApiTags('Operators')
@Controller('api/v1/ops/session')
export class SessionController {
  constructor(
    private readonly signIn: SignIn,
    private readonly sessions: OperatorSessions,
    private readonly operators: Operators,
    private readonly admission: Admission,
    private readonly tickets: Tickets,
    private readonly config: Config,
  ) {}

  @Post()
  @RouteConfig({ signIn: true })
  @ApiOperation({
    summary: 'Sign in',
    description: 'Sets the cookie of a new session; one that the browser had before ends. Must come from a page of this gateway (Origin).',
    security: [],
  })
  @ApiBody({ schema: SIGN_IN_BODY })
  @Answers(201, SESSION)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'UNAVAILABLE')
  async begin(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply, @Body() body: unknown): Promise<object> {
    this.admission.requireOwnPage(request.raw);
    const { name, password } = readBody(signInBody, body);
    const { secret, view } = await this.signIn.begin(this.attemptOf(request, name, password));
    const before = sessionCookieOf(request.raw);
    if (before !== undefined) await this.sessions.end(before);
    return this.entered(request, reply, secret, view);
  }

  @Get()
  @Requires(ANY_OPERATOR)
  @ApiOperation({ summary: 'Who is signed in, and for how long' })
  @Answers(200, SESSION)
  @Refuses('PERMISSION_DENIED', 'UNAVAILABLE')
  async who(@Req() request: FastifyRequest): Promise<object> {
    return sessionView(await this.viewOf(request));
  }

  @Delete()
  @Requires({ ...ANY_OPERATOR, audit: 'session.end' })
  @ApiOperation({ summary: 'Sign out' })
  @Answers(200, ENDED_SESSION)
  @Refuses('PERMISSION_DENIED', 'UNAVAILABLE')
  async end(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    const name = nameOf(request);
    await this.sessions.end(secretOf(request));
    noteForAudit(request, { target: name });
    reply.header('set-cookie', sessionCookie('', 0, this.isSecure(request)));
    return { name };
  }

  @Post('password')
  @HttpCode(200)
  @Requires({ ...ANY_OPERATOR, audit: 'operator.password' })
  @ApiOperation({ summary: 'Change the own password', description: 'Ends every session of the account and begins a new one here.' })
  @ApiBody({ schema: OWN_PASSWORD_BODY })
  @Answers(200, SESSION)
  @Refuses('BAD_REQUEST', 'PERMISSION_DENIED', 'UNAVAILABLE')
  async changePassword(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body() body: unknown,
  ): Promise<object> {
    const name = nameOf(request);
    noteForAudit(request, { target: name });
    const { password, new_password: next } = readBody(ownPasswordBody, body);
    const attempt = this.attemptOf(request, name, password);
    await this.signIn.prove(attempt);
    const { after } = await this.operators.change(name, { password: next }, principalOf(request));
    const { secret, view } = await this.sessions.begin(after, attempt);
    return this.entered(request, reply, secret, view);
  }

  @Post('ticket')
  @Requires({ ...ANY_OPERATOR, changesNothing: true })
  @ApiOperation({
    summary: 'Get a one-time ticket for a socket',
    description:
      'Opens one connection to `/ws?ticket=…` as this operator, within 30 s by default (WAYBILL_TICKET_TTL_S). It reads the topics of operators, `$ops.overview` and `$probe.<id>`, publishes nothing, and ends with the session.',
  })
  @Answers(201, TICKET)
  @Refuses('PERMISSION_DENIED', 'LIMIT_EXCEEDED', 'UNAVAILABLE')
  async ticket(@Req() request: FastifyRequest): Promise<object> {
    const { principal } = await this.viewOf(request);
    const { ticket, expiresAt } = await this.tickets.issue(onSocket(principal));
    return { ticket, expires_at: expiresAt };
  }

  private viewOf(request: FastifyRequest): Promise<SessionView> {
    return this.sessions.view(secretOf(request), !isInBackground(request.raw));
  }

  private entered(request: FastifyRequest, reply: FastifyReply, secret: string, view: SessionView): object {
    reply.header('set-cookie', sessionCookie(secret, this.config.operators.sessionMaxSeconds, this.isSecure(request)));
    return sessionView(view);
  }

  private isSecure(request: FastifyRequest): boolean {
    const { cookieSecure } = this.config.operators;
    return cookieSecure === 'always' || (cookieSecure === 'auto' && this.admission.isTls(request.raw));
  }

  private attemptOf(request: FastifyRequest, name: string, password: string): SignInAttempt {
    const address = this.admission.addressOf(request.raw);
    return { name, password, address, group: addressGroup(address), traceId: request.traceId };
  }
}

function secretOf(request: FastifyRequest): string {
  const credentials = requestCredentials(request.raw);
  if (credentials?.kind === 'session') return credentials.secret;
  throw new Refusal('UNAUTHENTICATED', 'there is no session; sign in with POST /api/v1/ops/session');
}

function nameOf(request: FastifyRequest): string {
  return principalOf(request).id.slice('operator:'.length);
}

function sessionView({ principal, csrfToken, expiresAt, idleAt }: SessionView): object {
  return {
    name: principal.id.slice('operator:'.length),
    role: principal.roles[0],
    csrf_token: csrfToken,
    expires_at: expiresAt,
    idle_at: idleAt,
  };
}
