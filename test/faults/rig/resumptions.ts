import type { LogRecord } from '../checker/record.js';
import type { Stretch } from './delivery-times.js';

/**
 * For each connection of a subscriber that ended within a stretch: how long it took until the subscriber had all of its topics again, in
 * milliseconds; Infinity where it never had.
 */
export function resumptions(
  records: readonly LogRecord[],
  topicsOf: ReadonlyMap<string, readonly string[]>,
  { from, to }: Stretch,
): readonly number[] {
  const times: number[] = [];
  const away = new Map<string, { readonly since: number; readonly missing: Set<string> }>();
  for (const record of records) {
    if (record.kind === 'closed' && record.at >= from && record.at < to) {
      // One that is cut off again before it had everything has been away since the first time.
      const since = away.get(record.subscriber)?.since ?? record.at;
      away.set(record.subscriber, { since, missing: new Set(topicsOf.get(record.subscriber)) });
    } else if (record.kind === 'subscribed') {
      const { since, missing } = away.get(record.subscriber) ?? {};
      missing?.delete(record.topic);
      if (since === undefined || missing?.size !== 0) continue;
      away.delete(record.subscriber);
      times.push(record.at - since);
    }
  }
  return [...times, ...Array.from(away, () => Infinity)];
}
