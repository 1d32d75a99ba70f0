import type { FastifyRequest } from 'fastify';
import type { AuditNote } from '../../audit/audit-note.js';
import type { Principal } from '../../auth/principal.js';
import type { ErrorCode } from '../../protocol/error-codes.js';
import { holdsNullCharacter, NULL_CHARACTER_PROBLEM } from '../../protocol/null-character.js';
import { Refusal } from '../../protocol/refusal.js';
import type { RequestObservation } from '../../telemetry/telemetry.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; undefined on pages that are open to everybody. Set before the body is read. */
    principal: Principal | undefined;
    /** Who it turned out to be, also where they may not do this: for the audit trail, never for a decision. */
    recognised: Principal | undefined;
    /** What the handler of an audited route adds to its record. */
    auditNote: AuditNote | undefined;
    /** Whether its record in the audit trail has been begun. */
    recorded: boolean;
    observation: RequestObservation | undefined;
    /** For answers and logs; made up where the request is not traced. */
    traceId: string | undefined;
    /** The code the request was answered with. */
    outcome: ErrorCode;
    /** The body as it came. Payloads are cut from it, so that they are stored as they were written. */
    bodyText: string | undefined;
  }

  interface FastifyContextConfig {
    /** A page that anybody may read, such as the documents. */
    open?: boolean;
    /** Begins a session: called without a credential, answered like the rest of REST. */
    signIn?: boolean;
    /** Answered without admission: the liveness page, which tells of the process alone. */
    liveness?: boolean;
    /** Its body may be as large as `gateway.batchBytes`; others `gateway.frameBytes`. */
    batch?: boolean;
  }
}

/** The caller of a route that declares a requirement. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === undefined) throw new Refusal('UNAUTHENTICATED', 'no credential was given');
  return request.principal;
}

/** One query parameter; refuses one that is given twice. */
export function queryText(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Readonly<Record<string, string | readonly string[] | undefined>>)[name];
  if (holdsNullCharacter(value)) throw Refusal.badRequest(`query.${name}`, NULL_CHARACTER_PROBLEM);
  if (value === undefined || typeof value === 'string') return value;
  throw Refusal.badRequest(`query.${name}`, 'given more than once');
}

/** A whole number among the query parameters. */
export function queryInteger(
  request: FastifyRequest,
  name: string,
  bounds: { readonly min: number; readonly max: number },
): number | undefined {
  const text = queryText(request, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= bounds.min && value <= bounds.max) return value;
  throw Refusal.badRequest(`query.${name}`, `must be a whole number from ${bounds.min} to ${bounds.max}`);
}

/** One parameter of the path, percent-decoded. Refuses U+0000, which is in no name. */
export function pathParameter(request: FastifyRequest, name: string): string {
  const value = (request.params as Readonly<Record<string, string>>)[name] ?? '';
  if (holdsNullCharacter(value)) throw Refusal.badRequest(name, NULL_CHARACTER_PROBLEM);
  return value;
}
