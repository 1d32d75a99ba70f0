import type { Config } from '../config/config.js';
import { policyOf } from '../config/namespace-policy.js';
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

export function idempotencyMs(config: Config): number {
  return config.messaging.idempotencyHours * 3_600_000;
}
