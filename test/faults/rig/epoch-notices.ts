import type { LogRecord } from '../checker/record.js';

export interface Notices {
  /** (subscriber, topic) pairs that held a position when the log became another one. */
  readonly stale: number;
  /** Those that were told: by a reset, or by a subscribe reply that did not recover. */
  readonly told: number;
}

/** Who was told, since a moment, that its positions are void. */
export function epochNotices(records: readonly LogRecord[], since: number): Notices {
  const holding = new Map<string, string>();
  const told = new Set<string>();
  for (const record of records) {
    if (record.kind !== 'subscribed' && record.kind !== 'delivered' && record.kind !== 'reset') continue;
    const key = `${record.subscriber} ${record.topic}`;
    if (record.at < since) {
      holding.set(key, record.epoch);
      continue;
    }
    const old = holding.get(key);
    if (old === undefined || record.epoch === old || record.kind === 'delivered') continue;
    if (record.kind === 'reset' || record.recovered !== true) told.add(key);
  }
  return { stale: holding.size, told: told.size };
}
