import type { Config } from '../../config/config.js';

/** Namespaces and how long what is recorded of their topics is kept, milliseconds; `default` holds for all others; 0: for ever. */
export interface LedgerAges {
  readonly names: readonly string[];
  readonly ages: readonly number[];
  /** The ages that end, each once. */
  readonly ending: readonly number[];
}

export function ledgerAges(config: Config): LedgerAges {
  const policies = Object.entries(config.messaging.namespaces);
  const ages = policies.map(([, policy]) => policy.ledger_age_s * 1_000);
  return { names: policies.map(([name]) => name), ages, ending: [...new Set(ages)].filter((age) => age > 0) };
}

/** How long runs are kept: as long as anybody may ask about a message of their time. 0: for ever. */
export function runAge(config: Config): number {
  const ages = Object.values(config.messaging.namespaces).flatMap((policy) => [policy.ledger_age_s, policy.history_age_s]);
  return ages.includes(0) ? 0 : Math.max(...ages) * 1_000;
}
