import type { ResultRecord } from '../checker/record.js';
import type { Journal } from './journal.js';

/** A publish and its answer. */
export interface Answered {
  readonly sentAt: number;
  readonly at: number;
  readonly result: ResultRecord;
}

/** All answers so far, in the order they came. */
export function answersOf(journal: Journal): readonly Answered[] {
  const sent = new Map<string, number>();
  const answers: Answered[] = [];
  for (const record of journal.records) {
    if (record.kind !== 'attempt' && record.kind !== 'result') continue;
    const key = `${record.publisher} ${record.msgId} ${record.attempt}`;
    if (record.kind === 'attempt') sent.set(key, record.at);
    else answers.push({ sentAt: sent.get(key) ?? record.at, at: record.at, result: record });
  }
  return answers;
}

/** The value that a share of all is at most; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
