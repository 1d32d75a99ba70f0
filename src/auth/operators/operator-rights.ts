import { Refusal } from '../../protocol/refusal.js';
import { EVERY_GRANT, NO_GRANTS, OPERATOR_ROLES, type OperatorRole, type Principal, type Scope, SCOPES } from '../principal.js';

/** What a role may hand on, in the words of API keys; also what the core judges an operator's publish or read by. */
const SCOPES_OF: Readonly<Record<OperatorRole, readonly Scope[]>> = {
  viewer: ['read', 'ops'],
  operator: ['publish', 'read', 'ops'],
  admin: SCOPES,
};

/** What an operator's socket is for: the topics of operators, and nothing that users write or read. */
const SOCKET_SCOPES: readonly Scope[] = ['ops'];

/** An operator who signed in. `expiresAt`: when the session ends at the latest, milliseconds since the epoch; `session`: its digest. */
export function operatorPrincipal(name: string, role: OperatorRole, expiresAt: number, session?: string): Principal {
  return {
    kind: 'operator',
    id: `operator:${name}`,
    roles: [role],
    grants: role === 'viewer' ? NO_GRANTS : EVERY_GRANT,
    scopes: SCOPES_OF[role],
    expiresAt,
    tokenId: undefined,
    session,
  };
}

/** The same operator on a socket, where nothing is published and only the topics of operators are read. */
export function onSocket(operator: Principal): Principal {
  return { ...operator, grants: NO_GRANTS, scopes: SOCKET_SCOPES };
}

/** Whether an operator's role is at least this one. */
export function hasRole({ kind, roles }: Principal, least: OperatorRole): boolean {
  return kind === 'operator' && OPERATOR_ROLES.indexOf(roles[0] as OperatorRole) >= OPERATOR_ROLES.indexOf(least);
}

/** Nobody hands on a role with more rights than they have. Throws `PERMISSION_DENIED`. */
export function requireRightsOf(role: OperatorRole, giver: Principal): void {
  const missing = giver.kind === 'system' ? undefined : SCOPES_OF[role].find((scope) => !giver.scopes.includes(scope));
  if (missing === undefined) return;
  throw new Refusal('PERMISSION_DENIED', `The role "${role}" has the right "${missing}", which ${giver.id} lacks and so cannot hand on.`, {
    rule: `scope.${missing}`,
  });
}
