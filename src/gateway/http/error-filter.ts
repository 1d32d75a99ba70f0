import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../../protocol/refusal.js';
import { Telemetry } from '../../telemetry/telemetry.js';
import { Admission } from '../admission.js';
import { refusalBody, refusalHeaders } from './answer.js';
import { refusalOf } from './refusal-of.js';
import { reportRefusedRequest } from './refused-request.js';
import { Rest } from './rest.js';

/** Turns whatever was thrown on the way of a request, in a hook, a parser, a controller, into the one error body. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Rest');

  constructor(
    private readonly rest: Rest,
    private readonly telemetry: Telemetry,
    private readonly admission: Admission,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent || reply.raw.headersSent || reply.raw.destroyed) return this.tooLate(error, request);
    if (request.is404) return this.unmatched(request, reply);
    this.refuse(refusalOf(error) ?? this.defect(error, request), request, reply);
  }

  private refuse(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): void {
    request.outcome = refusal.code;
    reportRefusedRequest({ telemetry: this.telemetry, admission: this.admission }, request, refusal);
    reply.status(refusal.httpStatus).headers(refusalHeaders(refusal)).type('application/json; charset=utf-8');
    reply.send(refusalBody(refusal, request.traceId));
  }

  /** No route: a wrong method on a right path is told from a wrong path. */
  private unmatched(request: FastifyRequest, reply: FastifyReply): void {
    const path = request.url.split('?', 1)[0] ?? '/';
    const methods = this.rest.methodsOf(path);
    if (methods.length === 0)
      return this.refuse(new Refusal('NOT_FOUND', `there is nothing at ${shown(path)}; /api/docs lists what there is`), request, reply);
    reply.header('allow', methods.join(', '));
    if (request.method === 'OPTIONS') {
      reply.status(204).send();
      return;
    }
    this.refuse(
      new Refusal('METHOD_NOT_ALLOWED', `${request.method} is not for this path; it takes ${methods.join(', ')}`),
      request,
      reply,
    );
  }

  private defect(error: unknown, request: FastifyRequest): Refusal {
    this.logger.error(
      `${request.method} ${request.routeOptions.url ?? 'unknown route'} failed (trace ${request.traceId ?? 'none'})`,
      describe(error),
    );
    return new Refusal('INTERNAL', 'a defect in the server; report it with the trace_id');
  }

  /** The answer is under way or the peer is gone: nothing can be said any more, but a defect is still logged. */
  private tooLate(error: unknown, request: FastifyRequest): void {
    const gone = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
    const refusal = refusalOf(error);
    if (refusal !== undefined) request.outcome = refusal.code;
    else if (!gone) this.defect(error, request);
  }
}

function shown(path: string): string {
  return JSON.stringify(path.slice(0, 200));
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
