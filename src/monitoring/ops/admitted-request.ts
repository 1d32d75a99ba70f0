import type { AuditedRequest } from '../../audit/audit-note.js';
import type { Principal } from '../../auth/principal.js';

/** What the admission of the gateway leaves on a request. */
export interface AdmittedRequest extends AuditedRequest {
  readonly principal?: Principal;
  readonly traceId?: string;
}

/** Who acts, as the audit trail names them. */
export function actorOf({ principal }: AdmittedRequest): string {
  return principal?.id ?? 'unknown';
}
