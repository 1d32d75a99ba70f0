import { randomBytes } from 'node:crypto';
import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { AuditTrail } from '../../audit/audit-trail.js';
import type { Requirement } from '../../auth/requires.js';
import { Config } from '../../config/config.js';
import { LiveSettings } from '../../config/live-settings.js';
import type { Principal } from '../../auth/principal.js';
import { ERRORS } from '../../protocol/error-codes.js';
import { requestContext } from '../../telemetry/request-context.js';
import { type RequestObservation, Telemetry } from '../../telemetry/telemetry.js';
import { Admission } from '../admission.js';
import { answerText } from './answer.js';
import { AuditedRoutes } from './audited-routes.js';
import { allowOrigins } from './cors.js';
import './request.js';
import { type DeclaredRoute, RouteTable } from './route-table.js';
import { SECURITY_HEADERS, TRANSPORT_SECURITY } from './security-headers.js';

/** What a request passes on its way in and an answer on its way out, as hooks of Fastify. */
@Injectable()
export class Rest implements OnModuleInit, BeforeApplicationShutdown {
  private readonly audited: AuditedRoutes;
  private readonly routes = new RouteTable();
  private installed = false;

  constructor(
    private readonly config: Config,
    private readonly admission: Admission,
    trail: AuditTrail,
    private readonly settings: LiveSettings,
    telemetry: Telemetry,
  ) {
    this.audited = new AuditedRoutes(trail, settings, (request) => admission.addressOf(request.raw), telemetry);
  }

  /** Called before the application registers its routes: hooks see only what comes after them. */
  install(adapter: FastifyAdapter): void {
    this.installed = true;
    const server = adapter.getInstance();
    allowOrigins(adapter, () => this.settings.current.server.allowedOrigins);
    server.decorateRequest('principal', undefined);
    server.decorateRequest('recognised', undefined);
    server.decorateRequest('auditNote', undefined);
    server.decorateRequest('recorded', false);
    server.decorateRequest('observation', undefined);
    server.decorateRequest('traceId', undefined);
    server.decorateRequest('bodyText', undefined);
    server.decorateRequest('outcome', 'OK');
    server.addHook('onRoute', (route) => this.register(route));
    server.addHook('onRequest', (request, reply, done) => this.admit(request, reply, done));
    server.addHook('preSerialization', (request, reply, payload, done) => done(null, wrap(request, reply, payload)));
    server.addHook('onSend', (request, reply, payload, done) => {
      const answer = complete(request, reply, payload);
      if (this.audited.concerns(request)) void this.audited.conclude(request, reply, answer).then((recorded) => done(null, recorded), done);
      else done(null, answer);
    });
  }

  /** Without the hooks every route would be open to everybody. */
  onModuleInit(): void {
    if (!this.installed) throw new Error('REST has no admission: call serveRest(app) before the application starts');
  }

  /** What was counted instead of recorded is recorded before the database goes. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.audited.stop();
  }

  /** Methods that a path answers; empty where there is no such path. */
  methodsOf(path: string): readonly string[] {
    return this.routes.methodsOf(path);
  }

  /** Every route that the running program declares. */
  get declared(): readonly DeclaredRoute[] {
    return this.routes.declared;
  }

  /** Every route says who may call it, and what an operator's action is recorded as: one that does not stops the start. */
  private register(route: RouteOptions): void {
    const methods = [route.method].flat();
    if (methods.includes('OPTIONS')) return;
    const { requires, open, liveness, signIn, batch } = route.config ?? {};
    if (requires === undefined && open !== true && liveness !== true && signIn !== true) {
      throw new Error(`${methods.join(', ')} ${route.url} declares no permission: put @Requires({ scope, users }) on its handler`);
    }
    if (isUnrecorded(methods, requires)) {
      throw new Error(
        `${methods.join(', ')} ${route.url} is an operator's action without a name in the audit trail: add audit to its @Requires`,
      );
    }
    if (batch === true) route.bodyLimit = this.config.gateway.batchBytes;
    this.routes.add(route.url, methods, requires);
  }

  private admit(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    reply.headers(SECURITY_HEADERS);
    if (this.admission.isTls(request.raw)) reply.headers(TRANSPORT_SECURITY);
    if (request.routeOptions.config.liveness === true) return done();
    const observed = (observation: RequestObservation): void => observe(request, reply, observation);
    const recognised = (principal: Principal): void => void (request.recognised = principal);
    this.admission.admitRequest(request.raw, request.routeOptions.config.requires, observed, recognised).then(
      (principal) => {
        request.principal = principal;
        bind(request, () => done(this.audited.refusal(request)));
      },
      (error: unknown) => bind(request, () => done(error as Error)),
    );
  }
}

/** The observation ends with the response, however that ends. */
function observe(request: FastifyRequest, reply: FastifyReply, observation: RequestObservation): void {
  request.observation = observation;
  reply.raw.once('close', () => {
    // Without an answer the peer left, or was cut off, before its request was complete.
    const answered = reply.raw.headersSent;
    observation.respond(request.routeOptions.url ?? 'unknown', answered ? reply.raw.statusCode : ERRORS.TIMEOUT.http);
    observation.end(answered ? request.outcome : 'TIMEOUT');
  });
}

/** Binds who is asking, and the trace, to everything that follows. */
function bind(request: FastifyRequest, next: () => void): void {
  const { observation, principal } = request;
  if (observation === undefined) return next();
  const traceId = observation.traceId ?? randomBytes(16).toString('hex');
  request.traceId = traceId;
  requestContext.run({ traceId, connectionId: undefined, user: principal?.id }, () => observation.run(next));
}

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** What needs a right of operators and is more than a look. */
function isUnrecorded(methods: readonly string[], requires: Requirement | undefined): boolean {
  if (
    requires === undefined ||
    requires.audit !== undefined ||
    requires.changesNothing === true ||
    methods.every((method) => READING.has(method))
  )
    return false;
  return requires.scope === 'ops' || requires.scope === 'admin' || requires.operator !== undefined;
}

/** Whether the answer has the usual body: not so pages and documents. */
function isRest({ routeOptions: { config } }: FastifyRequest): boolean {
  return config.requires !== undefined || config.signIn === true;
}

/** Handlers return plain data; this puts it into the answer's body. Text and streams are sent as they are. */
function wrap(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  if (!isRest(request) || reply.statusCode >= 400) return payload;
  return { code: 'OK', message: 'OK', data: payload, trace_id: request.traceId };
}

/** A handler that returned nothing still answers with a body. */
function complete(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  const answered = payload !== undefined && payload !== null && payload !== '';
  if (answered || request.method === 'HEAD' || !isRest(request) || reply.statusCode >= 300 || reply.statusCode === 204) return payload;
  reply.type('application/json; charset=utf-8');
  return answerText('{}', request.traceId);
}
