import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal.js';
import { LiveSettings } from '../../config/live-settings.js';
import type { ConfigValues } from '../../config/schema.js';
import type { Refusal } from '../../protocol/refusal.js';
import { Telemetry } from '../../telemetry/telemetry.js';
import { addressGroup } from '../address-group.js';
import { BucketTable } from './bucket-table.js';
import { burstOf, type LimitName, rateLimited, rateOf } from './limit-name.js';
import type { RateBucket } from './rate-bucket.js';

/** What every request and every upgrade costs; handlers charge the rest where there is more. */
export const REQUEST_UNITS = 1;

/** Limits that count for whoever asks, wherever they ask on this node. */
export type SharedLimit = 'user' | 'key' | 'address' | 'history' | 'presence';

/**
 * What users, API keys and addresses have asked of this node lately: one bounded table of buckets for each limit. Rates are read from
 * the live settings whenever something is taken, so a change holds at once and for buckets that exist.
 */
@Injectable()
export class Limits {
  private readonly tables: Readonly<Record<SharedLimit, BucketTable>> = {
    user: new BucketTable(),
    key: new BucketTable(),
    address: new BucketTable(),
    history: new BucketTable(),
    presence: new BucketTable(),
  };

  constructor(
    private readonly settings: LiveSettings,
    private readonly telemetry: Telemetry,
  ) {}

  get options(): ConfigValues['limits'] {
    return this.settings.current.limits;
  }

  /** Most units that one connection may subscribe with at once: never fewer than all topics that it may have. */
  get subscribesBurst(): number {
    const { limits, gateway } = this.settings.current;
    return Math.max(burstOf('subscribes', limits), gateway.topicsPerConnection);
  }

  /** The bucket of somebody under a limit that is on. */
  bucketOf(name: SharedLimit, key: string): RateBucket {
    return this.tables[name].of(key, this.options.remembered);
  }

  /** How many are remembered under a limit. */
  remembered(name: SharedLimit): number {
    return this.tables[name].size;
  }

  /** Counts a refusal and puts it into words. */
  refuse(name: LimitName, retryAfterMs: number): Refusal {
    this.telemetry.rateLimited(name);
    return rateLimited(name, retryAfterMs);
  }

  /** Takes units from an address. Throws `RATE_LIMITED`. */
  takeOfAddress(address: string, units: number): void {
    if (rateOf('address', this.options) > 0) this.take('address', addressGroup(address), units);
  }

  /** Takes units from whoever asks: a user, or a key or operator. Throws `RATE_LIMITED`. */
  takeOf({ kind, id }: Principal, units: number): void {
    if (kind !== 'system') this.take(kind === 'user' ? 'user' : 'key', id, units);
  }

  /** Takes units from a limit that users have on one kind of request; keys and operators have none. Throws `RATE_LIMITED`. */
  takeOfKind({ kind: who, id }: Principal, units: number, kind: 'history' | 'presence'): void {
    if (who === 'user') this.take(kind, id, units);
  }

  /** Takes what an admitted request or upgrade costs beyond its first unit. Throws `RATE_LIMITED`. */
  takeMoreOf({ kind, id }: Principal, address: string, units: number): void {
    this.takeMore('address', addressGroup(address), units);
    if (kind !== 'system') this.takeMore(kind === 'user' ? 'user' : 'key', id, units);
  }

  /** A bucket that was full lacks the first unit now; what costs more than a whole burst must not be refused for that. */
  private takeMore(name: SharedLimit, key: string, units: number): void {
    const rate = rateOf(name, this.options);
    if (rate === 0 || units <= 0) return;
    const burst = burstOf(name, this.options);
    const bucket = this.bucketOf(name, key);
    const wait = bucket.wait(Math.min(units, burst - REQUEST_UNITS), performance.now(), rate, burst);
    if (wait > 0) throw this.refuse(name, wait);
    bucket.spend(units);
  }

  private take(name: SharedLimit, key: string, units: number): void {
    const { options } = this;
    const rate = rateOf(name, options);
    if (rate === 0) return;
    const wait = this.bucketOf(name, key).take(units, performance.now(), rate, burstOf(name, options));
    if (wait > 0) throw this.refuse(name, wait);
  }
}
