import { type Context, createContextKey, TraceFlags, trace } from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';

/**
 * What decides about the root of a trace. `connection`: handshakes, closes and REST requests, always up to a rate, then by ratio.
 * `command` and `message`: by ratio, and at least one a second so that a quiet system shows something.
 */
export type RootClass = 'connection' | 'command' | 'message';

export interface SamplingRules {
  /** Share of roots from 0 to 1; 0 turns off the one a second too. */
  readonly ratio: number;
  /** Roots of class `connection` that are traced in a second before the ratio decides. */
  readonly rate: number;
}

const FLOOR_MS = 1_000;

/** Decides about roots before a span exists, so that what is not traced costs a comparison and no span. */
export class RootSampler {
  private tokens: number;
  private refilledAt: number;
  private readonly floorAt = { command: Number.NEGATIVE_INFINITY, message: Number.NEGATIVE_INFINITY };

  constructor(
    private rules: SamplingRules,
    /** Milliseconds, monotonic. */
    private readonly now: () => number = () => performance.now(),
    private readonly random: () => number = Math.random,
  ) {
    this.tokens = rules.rate;
    this.refilledAt = now();
  }

  /** Decides by other rules from now on. */
  follow(rules: SamplingRules): void {
    this.rules = rules;
  }

  takes(root: RootClass): boolean {
    if (this.rules.ratio >= 1) return true;
    if (root === 'connection') return this.takeToken() || this.byRatio();
    return this.byFloor(root) || this.byRatio();
  }

  /** Whether a trace that a caller began is gone on with: as often as connections are traced. */
  follows(): boolean {
    return this.takes('connection');
  }

  private byRatio(): boolean {
    return this.rules.ratio > 0 && this.random() < this.rules.ratio;
  }

  private byFloor(root: 'command' | 'message'): boolean {
    if (this.rules.ratio === 0) return false;
    const now = this.now();
    if (now < this.floorAt[root]) return false;
    this.floorAt[root] = now + FLOOR_MS;
    return true;
  }

  private takeToken(): boolean {
    const now = this.now();
    this.tokens = Math.min(this.rules.rate, this.tokens + ((now - this.refilledAt) / 1_000) * this.rules.rate);
    this.refilledAt = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}

/** Marks a context under which a root is to be traced; set by us alone, so no client can ask for it. */
export const TAKEN = createContextKey('waybill sampling decision');

/** The provider's sampler: children follow their parent, roots follow our decision, everything else is not traced. */
export class FollowingSampler implements Sampler {
  shouldSample(context: Context): SamplingResult {
    const parent = trace.getSpanContext(context);
    const sampled =
      parent !== undefined && trace.isSpanContextValid(parent)
        ? (parent.traceFlags & TraceFlags.SAMPLED) !== 0
        : context.getValue(TAKEN) === true;
    return { decision: sampled ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
  }

  toString(): string {
    return 'FollowingSampler';
  }
}
