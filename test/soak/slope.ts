/** One look at a size. */
export interface Point {
  /** Milliseconds since the beginning. */
  readonly at: number;
  readonly value: number;
}

/** What comes before it is the program filling its caches, and is not judged. */
const SETTLED_FROM = 1 / 3;

/** By how much the straight line through the last two thirds of the points rises from its first to its last, as a share of their mean. */
export function growthAfterSettling(points: readonly Point[]): number {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const from = first.at + (last.at - first.at) * SETTLED_FROM;
  const judged = points.filter(({ at }) => at >= from);
  const [meanAt, mean] = [average(judged.map(({ at }) => at)), average(judged.map(({ value }) => value))];
  const spread = judged.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
  if (spread === 0 || mean === 0) return 0;
  const slope = judged.reduce((sum, { at, value }) => sum + (at - meanAt) * (value - mean), 0) / spread;
  return (slope * (last.at - from)) / mean;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
