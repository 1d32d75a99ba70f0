import type { Revocation } from '../../auth/revocation.js';
import type { RevocationPage } from '../../auth/revoking.js';

/** A revocation as REST shows it. */
export function revocationView({
  id,
  kind,
  subject,
  issuedBefore,
  effectiveAt,
  expiresAt,
  reason,
  createdBy,
  createdAt,
}: Revocation): object {
  return {
    id,
    kind,
    token_id: kind === 'token' || kind === 'renewed' ? subject : undefined,
    user: kind === 'user' ? subject : undefined,
    issued_before: issuedBefore,
    reason,
    created_by: createdBy,
    created_at: createdAt,
    effective_at: effectiveAt,
    expires_at: expiresAt,
  };
}

/** A block as REST shows it. */
export function blockView({ subject, expiresAt, reason, createdBy, createdAt }: Revocation): object {
  return { user: subject, reason, created_by: createdBy, created_at: createdAt, expires_at: expiresAt };
}

export function pageView({ items, next }: RevocationPage, view: (rule: Revocation) => object): object {
  return { items: items.map(view), next: next === undefined ? undefined : String(next), as_of: Date.now() };
}
