import { bytes, duration } from '../../ui/format.ts';
import type { FlightEvent } from './connection-item.ts';

/** What one looks for in a timeline. */
export const FLIGHT_GROUPS = ['life', 'topics', 'slow', 'refused', 'pings'] as const;
export type FlightGroup = (typeof FLIGHT_GROUPS)[number];

export const GROUP_NAMES: Readonly<Record<FlightGroup, string>> = {
  life: 'Opened and closed',
  topics: 'Subscriptions',
  slow: 'Falling behind',
  refused: 'Refusals',
  pings: 'Round trips',
};

interface KindWords {
  readonly group: FlightGroup;
  readonly say: (detail: string) => string;
}

const KINDS: Readonly<Record<string, KindWords>> = {
  connected: { group: 'life', say: (from) => `connected from ${from}` },
  authenticated: { group: 'life', say: (who) => `proved who it is (${who})` },
  refreshed: { group: 'life', say: () => 'renewed its token' },
  welcome: { group: 'life', say: () => 'was welcomed; its own topics are subscribed' },
  closing: { group: 'life', say: (how) => `began to close: ${how}` },
  closed: { group: 'life', say: (how) => `ended: ${how}` },
  subscribed: { group: 'topics', say: (topic) => `subscribed to ${topic}` },
  unsubscribed: { group: 'topics', say: (topic) => `unsubscribed from ${topic}` },
  recovered: { group: 'topics', say: (what) => `was given what it had missed: ${what}` },
  not_recovered: { group: 'topics', say: (topic) => `could not be given what it had missed of ${topic}` },
  session_resumed: { group: 'topics', say: (where) => `went on with the session it had at ${where}` },
  session_moved: { group: 'life', say: (where) => `its session went on at ${where}` },
  slow: { group: 'slow', say: () => 'began to take less than was sent' },
  caught_up: { group: 'slow', say: (how) => `had caught up (${how})` },
  high_water: { group: 'slow', say: (size) => `${bytes(Number(size))} waited for it` },
  dropped: { group: 'slow', say: (n) => `${n} messages were dropped for it, as the slow policy says` },
  gap: { group: 'slow', say: (n) => `was told of ${n} gaps in what it was too slow for` },
  reading_paused: { group: 'slow', say: (why) => `was not read for a while: ${why}` },
  reading_resumed: { group: 'slow', say: (how) => `was read on (${how})` },
  refused: { group: 'refused', say: (what) => `was refused: ${what}` },
  round_trip: { group: 'pings', say: (ms) => `a ping came back after ${duration(Number(ms))}` },
};

export function groupOf({ kind }: FlightEvent): FlightGroup {
  return KINDS[kind]?.group ?? 'life';
}

/** What happened, in words. A kind that this page does not know is shown as it came. */
export function wordsOf({ kind, detail }: FlightEvent): string {
  return KINDS[kind]?.say(String(detail ?? '')) ?? `${kind}${detail === undefined ? '' : ` ${detail}`}`;
}

/** How long before the end, or before now: `-58.3 s`. */
export function offsetOf(at: number, end: number): string {
  const ms = Math.max(0, end - at);
  return ms < 10_000 ? `-${(ms / 1_000).toFixed(3)} s` : ms < 60_000 ? `-${(ms / 1_000).toFixed(1)} s` : `-${duration(ms)}`;
}

/** Round trips of a timeline, for a chart. */
export function roundTripsOf(events: readonly FlightEvent[]): { readonly times: readonly number[]; readonly values: readonly number[] } {
  const trips = events.filter(({ kind, detail }) => kind === 'round_trip' && Number.isFinite(Number(detail)));
  return { times: trips.map(({ at }) => at), values: trips.map(({ detail }) => Number(detail)) };
}

/** How many of each group there are. */
export function countsOf(events: readonly FlightEvent[]): Readonly<Record<FlightGroup, number>> {
  const counts: Record<FlightGroup, number> = { life: 0, topics: 0, slow: 0, refused: 0, pings: 0 };
  for (const event of events) counts[groupOf(event)] += 1;
  return counts;
}
