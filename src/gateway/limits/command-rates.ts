import type { Principal } from '../../auth/principal.js';
import type { Refusal } from '../../protocol/refusal.js';
import { type Cost, type CostKind, unitsOf } from './cost.js';
import { burstOf, type LimitName, rateOf } from './limit-name.js';
import type { Limits, SharedLimit } from './limits.js';
import { RateBucket } from './rate-bucket.js';

/**
 * What the commands of one connection take: from its own buckets and from those of its user. Runs for every command, so nothing is
 * allocated where all limits allow it, and nothing is looked up where none is set.
 */
export class CommandRates {
  private commands: RateBucket | undefined;
  private subscribes: RateBucket | undefined;

  constructor(private readonly limits: Limits) {}

  /**
   * Takes what a command costs. Undefined where every limit allows it; else the refusal, and nothing was taken. `principal` is
   * undefined before authentication.
   */
  admit(cost: Cost, data: unknown, principal: Principal | undefined): Refusal | undefined {
    const { options } = this.limits;
    if (options.commandsPerSecond === 0 && options.userPerSecond === 0 && cost.kind === undefined) return undefined;
    const units = unitsOf(cost, data);
    const now = performance.now();
    const commands = options.commandsPerSecond === 0 ? undefined : (this.commands ??= new RateBucket());
    const user = principal === undefined || options.userPerSecond === 0 ? undefined : this.limits.bucketOf('user', principal.id);
    const ofKind = cost.kind === undefined ? undefined : this.bucketOfKind(cost.kind, principal);
    const refusal = this.excess('connection', commands, units, now) ?? this.excess('user', user, units, now);
    if (refusal !== undefined) return refusal;
    if (cost.kind !== undefined) {
      const refused = this.excess(cost.kind, ofKind, units, now);
      if (refused !== undefined) return refused;
    }
    commands?.spend(units);
    user?.spend(units);
    ofKind?.spend(units);
    return undefined;
  }

  private excess(name: LimitName, bucket: RateBucket | undefined, units: number, now: number): Refusal | undefined {
    if (bucket === undefined) return undefined;
    const { options, subscribesBurst } = this.limits;
    const burst = name === 'subscribes' ? subscribesBurst : burstOf(name, options);
    const wait = bucket.wait(units, now, rateOf(name, options), burst);
    return wait === 0 ? undefined : this.limits.refuse(name, wait);
  }

  private bucketOfKind(kind: CostKind, principal: Principal | undefined): RateBucket | undefined {
    if (rateOf(kind, this.limits.options) === 0) return undefined;
    if (kind === 'subscribes') return (this.subscribes ??= new RateBucket());
    return principal === undefined ? undefined : this.limits.bucketOf(kind satisfies SharedLimit, principal.id);
  }
}
