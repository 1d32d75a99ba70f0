import { RouteConfig } from '@nestjs/platform-fastify';
import type { OperatorRole, Scope } from './principal.js';

/**
 * Who may call a REST route. Being authenticated is always needed; there is no public route among those that declare this.
 * A user's own rights on topics are decided later, by the core.
 */
export interface Requirement {
  /** The scope an API key must have; `none`: any valid API key; `operators`: no API key at all. */
  readonly scope: Scope | 'none' | 'operators';
  /** Whether users may call it with their token. */
  readonly users: boolean;
  /** The least role an operator who signed in must have; absent: not for operators. */
  readonly operator?: OperatorRole;
  /** Name of the action in the audit trail, such as `connection.disconnect`, where the route is an operator's action. */
  readonly audit?: string;
  /** Whose calls are recorded; absent: everybody's. For routes that operators and applications share. */
  readonly auditFor?: 'operators';
  /** What it does changes nothing that others see, though it is no reading: then it needs no name in the audit trail. */
  readonly changesNothing?: true;
  /** A parameter of the query: only calls that set it to `true` are recorded. For routes of which only a part is an action. */
  readonly auditWhen?: string;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    requires?: Requirement;
  }
}

/** Declares a route's permission. Admission reads it before the body is read; a route without one stops the start. */
export function Requires(requirement: Requirement): MethodDecorator {
  return RouteConfig({ requires: requirement });
}
