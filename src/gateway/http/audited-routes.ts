import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuditEntry, AuditTrail } from '../../audit/audit-trail.js';
import type { Requirement } from '../../auth/requires.js';
import type { LiveSettings } from '../../config/live-settings.js';
import type { Refusal } from '../../protocol/refusal.js';
import type { Telemetry } from '../../telemetry/telemetry.js';
import { RefusalAllowance } from './refusal-allowance.js';
import { refusalBody, refusalHeaders } from './answer.js';
import { unrecorded } from './unrecorded.js';

/**
 * Records what becomes of requests whose route names an audited action. What was carried out is recorded before its answer leaves, and
 * is not reported as done where that fails; what was refused or failed is recorded too, up to a rate, beyond which it is counted.
 */
export class AuditedRoutes {
  private readonly allowance: RefusalAllowance;

  constructor(
    private readonly trail: AuditTrail,
    settings: LiveSettings,
    private readonly addressOf: (request: FastifyRequest) => string,
    private readonly telemetry: Telemetry,
  ) {
    this.allowance = new RefusalAllowance(trail, () => settings.current.monitoring.auditRefusalsPerMinute);
  }

  /** Why an action that must be recorded is not begun. For requests that were admitted. */
  refusal(request: FastifyRequest): Refusal | undefined {
    return this.concerns(request) ? this.trail.refusal : undefined;
  }

  /** Whether this request is recorded; once only. */
  concerns({ routeOptions, recognised, recorded, query }: FastifyRequest): boolean {
    const { requires } = routeOptions.config;
    if (requires?.auditWhen !== undefined && (query as Readonly<Record<string, unknown>>)[requires.auditWhen] !== 'true') return false;
    return requires?.audit !== undefined && !recorded && (requires.auditFor === undefined || recognised?.kind === 'operator');
  }

  /** The answer that may leave now, of whatever form it was: text, bytes or a stream. */
  async conclude(request: FastifyRequest, reply: FastifyReply, answer: unknown): Promise<unknown> {
    const lost = await this.record(request);
    if (lost === undefined) return answer;
    if (answer instanceof Readable) answer.destroy();
    request.outcome = lost.code;
    for (const name of ['content-length', 'content-disposition']) reply.removeHeader(name);
    reply.status(lost.httpStatus).headers(refusalHeaders(lost)).type('application/json; charset=utf-8');
    return refusalBody(lost, request.traceId);
  }

  /** Answers why the answer must not leave. */
  private async record(request: FastifyRequest): Promise<Refusal | undefined> {
    request.recorded = true;
    const entry = this.entryOf(request, request.routeOptions.config.requires as Requirement);
    const lost = entry.result === 'OK' ? await this.lossOf(entry) : undefined;
    if (entry.result !== 'OK') this.allowance.admit(entry, request.recognised);
    this.telemetry.operatorAction(entry.action, lost?.code ?? entry.result);
    return lost;
  }

  /** Records what was done; answers that it could not. */
  private async lossOf(entry: AuditEntry): Promise<Refusal | undefined> {
    try {
      await this.trail.record(entry);
      return undefined;
    } catch {
      // The trail has logged it, with all that it says.
      return unrecorded();
    }
  }

  stop(): Promise<void> {
    return this.allowance.stop();
  }

  private entryOf(request: FastifyRequest, { audit = '' }: Requirement): AuditEntry {
    const { recognised, auditNote, outcome, traceId } = request;
    return {
      actor: actorOf(recognised),
      action: audit,
      target: Object.values(request.params as Readonly<Record<string, string>>).join('/'),
      result: outcome,
      address: this.addressOf(request),
      traceId,
      ...auditNote,
    };
  }
}

/** Users are named as such: their ids are of the application's making, and one may look like a key's name. */
function actorOf(recognised: FastifyRequest['recognised']): string {
  if (recognised === undefined) return 'anonymous';
  return recognised.kind === 'user' ? `user:${recognised.id}` : recognised.id;
}
