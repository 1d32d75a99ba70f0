import type { ConfigValues } from '../../config/schema.js';
import { Refusal } from '../../protocol/refusal.js';

type Options = ConfigValues['limits'];

/** The limits there are on how much is asked for. The names are labels of `waybill_rate_limited_total`. */
export type LimitName = 'connection' | 'user' | 'key' | 'address' | 'subscribes' | 'history' | 'presence';

interface LimitDefinition {
  readonly rate: keyof Options;
  readonly burst: keyof Options;
  /** Who does too much of what, as a refusal says it. */
  readonly excess: string;
}

export const RATE_LIMITS: Readonly<Record<LimitName, LimitDefinition>> = {
  connection: { rate: 'commandsPerSecond', burst: 'commandsBurst', excess: 'commands come faster than this connection may send them' },
  user: { rate: 'userPerSecond', burst: 'userBurst', excess: 'this user asks for more than all their connections and requests may' },
  key: { rate: 'keyPerSecond', burst: 'keyBurst', excess: 'requests come faster than this API key or operator may send them' },
  address: { rate: 'requestsPerSecond', burst: 'requestsBurst', excess: 'too many requests from this address' },
  subscribes: {
    rate: 'subscribesPerSecond',
    burst: 'subscribesBurst',
    excess: 'this connection subscribes to topics faster than it may',
  },
  history: { rate: 'historyPerSecond', burst: 'historyBurst', excess: 'this user reads more history than they may' },
  presence: { rate: 'presencePerSecond', burst: 'presenceBurst', excess: 'this user asks who is subscribed more often than they may' },
};

/** Units a second; 0: no limit. */
export function rateOf(name: LimitName, options: Options): number {
  return options[RATE_LIMITS[name].rate];
}

/** Units that may come at once. */
export function burstOf(name: LimitName, options: Options): number {
  const burst = options[RATE_LIMITS[name].burst];
  return burst === 0 ? rateOf(name, options) * 2 : burst;
}

/** Names the limit in words, by its option, and says when it may be tried again. */
export function rateLimited(name: LimitName, retryAfterMs: number): Refusal {
  const { rate, excess } = RATE_LIMITS[name];
  return new Refusal('RATE_LIMITED', `${excess} (option limits.${rate})`, { retryAfterMs, rule: `limits.${rate}` });
}
