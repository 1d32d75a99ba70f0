import { CANARY_HOPS, type CanaryHop, type HopReport } from './canary-result.js';

/** Notes when each hop of one run was passed. */
export class HopClock {
  readonly startedAt = performance.now();
  private readonly passed = new Map<CanaryHop, number | 'kept'>();

  pass(hop: CanaryHop): void {
    if (!this.passed.has(hop)) this.passed.set(hop, performance.now() - this.startedAt);
  }

  keep(hop: CanaryHop): void {
    this.passed.set(hop, 'kept');
  }

  has(hop: CanaryHop): boolean {
    return this.passed.has(hop);
  }

  /** All hops in order. What was passed counts as passed, wherever it was that a run broke. */
  report(broken: CanaryHop | undefined): readonly HopReport[] {
    return CANARY_HOPS.map((hop) => {
      const at = this.passed.get(hop);
      if (hop === broken) return { hop, state: 'failed' };
      if (at === undefined) return { hop, state: 'not_reached' };
      return at === 'kept' ? { hop, state: 'kept' } : { hop, state: 'ok', at_ms: Math.round(at * 100) / 100 };
    });
  }
}
