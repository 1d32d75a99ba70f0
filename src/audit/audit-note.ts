import type { AuditEntry } from './audit-trail.js';

/** What the handler of an audited route adds to its record. */
export type AuditNote = Partial<Pick<AuditEntry, 'target' | 'before' | 'after'>>;

/** A request whose route names an action for the audit trail. */
export interface AuditedRequest {
  auditNote?: AuditNote | undefined;
}

/** Adds to what is recorded of this request; later words win. */
export function noteForAudit(request: AuditedRequest, note: AuditNote): void {
  request.auditNote = { ...request.auditNote, ...note };
}
