import type { TopicSteps } from './topic-detail.ts';

/** One step of the clock: its beginning in milliseconds since the epoch, and rates in it. */
export interface RateStep {
  readonly at: number;
  readonly published: number;
  readonly deliveries: number;
}

/** The whole steps of an answer, as rates. */
export function stepsOf({ step_s: seconds, ended_at: end, published, deliveries }: TopicSteps): readonly RateStep[] {
  const length = seconds * 1_000;
  return published.map((count, place) => ({
    at: end - (published.length - place) * length,
    published: count / seconds,
    deliveries: (deliveries[place] ?? 0) / seconds,
  }));
}

/** What was seen before, and what is new; at most `most`, the newest. The same step may be told a moment earlier or later: two are a step apart. */
export function joined(before: readonly RateStep[], now: readonly RateStep[], most: number): readonly RateStep[] {
  const [first, second] = now;
  if (first === undefined) return before;
  const half = second === undefined ? 0 : (second.at - first.at) / 2;
  return [...before.filter(({ at }) => at < first.at - half), ...now].slice(-most);
}
