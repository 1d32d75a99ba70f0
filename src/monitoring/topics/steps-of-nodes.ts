import type { TopicSteps } from './topic-meter.js';

const MS_PER_SECOND = 1_000;

/**
 * Adds up the steps of several nodes. They begin at the same times of the wall's clock; a node that was asked a moment later may be one step ahead,
 * and what the others have not finished yet is left out. Messages are handed out once at each node, so the greatest counts there, as in the list of topics.
 */
export function stepsOfNodes(parts: readonly TopicSteps[]): TopicSteps {
  const [first, ...others] = parts;
  if (first === undefined) throw new Error('steps of no node');
  if (others.length === 0) return first;
  const stepMs = first.step_s * MS_PER_SECOND;
  const last = (part: TopicSteps): number => Math.round(part.ended_at / stepMs);
  const end = Math.min(...parts.map(last));
  const earliest = parts.find((part) => last(part) === end) ?? first;
  const joined = (of: (part: TopicSteps) => readonly number[], join: (counts: readonly number[]) => number): readonly number[] =>
    of(earliest).map((_, place, all) => join(parts.map((part) => of(part).at(place - all.length - (last(part) - end)) ?? 0)));
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  return {
    step_s: first.step_s,
    ended_at: earliest.ended_at,
    published: joined((part) => part.published, sum),
    handed_out: joined(
      (part) => part.handed_out,
      (counts) => Math.max(...counts),
    ),
    deliveries: joined((part) => part.deliveries, sum),
  };
}
