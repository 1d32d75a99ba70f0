import { percentile } from './answers.js';
import type { Journal } from './journal.js';

/** A stretch of a run, in milliseconds of the journal's clock. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * Milliseconds from a message's first attempt to its live delivery, for the messages first attempted within a stretch, over the
 * subscribers that `counts` accepts. A delivery that fills a gap is no live one: a subscriber that was away is left out by its name.
 */
export function deliveryTimes(journal: Journal, { from, to }: Stretch, counts: (subscriber: string) => boolean): readonly number[] {
  const attemptedAt = new Map<string, number>();
  const times: number[] = [];
  for (const record of journal.records) {
    if (record.kind === 'attempt' && record.attempt === 1 && record.at >= from && record.at < to) {
      attemptedAt.set(`${record.topic} ${record.hash}`, record.at);
    } else if (record.kind === 'delivered' && counts(record.subscriber)) {
      const at = attemptedAt.get(`${record.topic} ${record.hash}`);
      if (at !== undefined) times.push(record.at - at);
    }
  }
  return times;
}

/** The 99th percentile of those times, in milliseconds. */
export function deliveryP99(journal: Journal, stretch: Stretch, counts: (subscriber: string) => boolean): number {
  return percentile(deliveryTimes(journal, stretch, counts), 0.99);
}
