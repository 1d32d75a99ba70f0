import type { Config } from '../config/config.js';
import { type NamespacePolicy, policyOf } from '../config/namespace-policy.js';
import { namespaceOf } from '../protocol/topic-name.js';

/** How much of a topic its namespace keeps; zero means no limit. */
export interface Retention {
  readonly length: number;
  readonly ageMs: number;
}

export function retentionOf(config: Config, topic: string): Retention {
  const policy = policyOf(config.messaging.namespaces, namespaceOf(topic));
  return { length: policy.history_length, ageMs: policy.history_age_s * 1_000 };
}

/** Spans that partitions are kept for, in days; 0: for ever. Few, so that there are few partitions. */
const KEPT_DAYS = [1, 2, 7, 14, 31, 92, 366, 1_830, 3_650] as const;
const DAY_MS = 86_400_000;

/** Days that the messages of a topic are kept at least: as long as its namespace says, and as long as repeats are recognised. */
export function keepDaysOf(config: Config, topic: string): number {
  return keepDays(config, policyOf(config.messaging.namespaces, namespaceOf(topic)));
}

/** The retention classes that this configuration uses. */
export function keepDaysInUse(config: Config): readonly number[] {
  const policies = Object.values(config.messaging.namespaces).filter((policy) => policy.durable);
  return [...new Set(policies.map((policy) => keepDays(config, policy)))];
}

export function keepDays(config: Config, policy: NamespacePolicy): number {
  if (policy.history_age_s === 0) return 0;
  const days = Math.max(policy.history_age_s * 1_000, idempotencyMs(config)) / DAY_MS;
  return KEPT_DAYS.find((kept) => kept >= days) ?? 0;
}

export function idempotencyMs(config: Config): number {
  return config.messaging.idempotencyHours * 3_600_000;
}
