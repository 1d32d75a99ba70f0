import { type HealthPart, OK, type PartCheck } from '../health/health-part.js';
import type { Canary } from './canary.js';

/** Whether messages come out of this node's own socket. */
export class CanaryPart implements HealthPart {
  readonly name = 'canary';
  readonly affects =
    'what the canary stands for: a message published here may not reach a socket here; after monitoring.canaryFailures in a row the node gets no newcomers';

  /** @param most failures of the ephemeral path in a row that make the node unready; 0: none do. */
  constructor(
    private readonly canary: Canary,
    private readonly most: number,
  ) {}

  check(): PartCheck {
    const live = this.canary.last('live');
    const failed = this.canary.failures('live');
    if (live?.result === 'failed') {
      const sentence = `a message does not come out of this node's own socket; ${live.broken ?? 'a'} hop: ${live.detail ?? ''}`;
      return this.most > 0 && failed >= this.most
        ? { state: 'down', detail: sentence, unready: true }
        : { state: 'degraded', detail: sentence };
    }
    if (live?.result === 'skipped') {
      // What was broken before it was left out is not mended by that.
      const before =
        this.most > 0 && failed >= this.most ? { state: 'down' as const, unready: true as const } : { state: 'degraded' as const };
      return { ...before, detail: `not tried: ${live.detail ?? ''}` };
    }
    const stored = this.canary.last('stored');
    if (stored?.result !== 'failed') return OK;
    return { state: 'degraded', detail: `a stored message does not come back; ${stored.broken ?? 'a'} hop: ${stored.detail ?? ''}` };
  }
}
