import type { Decision } from '../auth/authorizer.js';
import { Refusal } from '../protocol/refusal.js';

/** Turns a "no" of the authorizer into a refusal whose message names the rule; returns silently on a "yes". */
export function requirePermission(decision: Decision): void {
  if (decision.allowed) return;
  const message = decision.message.includes(decision.rule) ? decision.message : `${decision.message} (rule: ${decision.rule})`;
  throw new Refusal('PERMISSION_DENIED', message, { rule: decision.rule });
}
