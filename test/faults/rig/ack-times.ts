import { answersOf } from './answers.js';
import type { Stretch } from './delivery-times.js';
import type { Journal } from './journal.js';

/** Milliseconds from a publish to its acknowledgement, for those that were sent within a stretch. */
export function ackTimes(journal: Journal, { from, to }: Stretch): readonly number[] {
  return answersOf(journal)
    .filter(({ sentAt, result }) => sentAt >= from && sentAt < to && result.outcome.kind === 'acked')
    .map(({ sentAt, at }) => at - sentAt);
}
