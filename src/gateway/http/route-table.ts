import type { Requirement } from '../../auth/requires.js';

/** A route as the running program declares it. */
export interface DeclaredRoute {
  readonly methods: readonly string[];
  /** As the router has it: `/api/v1/topics/:topic`. */
  readonly template: string;
  /** Undefined: open to everybody. */
  readonly requires: Requirement | undefined;
}

interface KnownRoute extends DeclaredRoute {
  readonly segments: readonly string[];
}

/** The routes there are, so that a wrong method on a right path can be told from a wrong path. */
export class RouteTable {
  private readonly routes: KnownRoute[] = [];

  /** `template` as the router has it: `/api/v1/topics/:topic`. */
  add(template: string, methods: readonly string[], requires?: Requirement): void {
    this.routes.push({ segments: template.split('/'), methods, template, requires });
  }

  /** Every route, in the order of its declaration. */
  get declared(): readonly DeclaredRoute[] {
    return this.routes;
  }

  /** Methods that a path answers, for the Allow header (RFC 9110 section 10.2.1); empty where there is no such path. */
  methodsOf(path: string): readonly string[] {
    const segments = path.split('/');
    const methods = new Set(this.routes.filter((route) => matches(route.segments, segments)).flatMap((route) => route.methods));
    if (methods.size > 0) methods.add('OPTIONS');
    return [...methods].sort();
  }
}

function matches(template: readonly string[], path: readonly string[]): boolean {
  return (
    template.length === path.length &&
    template.every((segment, index) => segment === path[index] || (segment.startsWith(':') && path[index] !== ''))
  );
}
