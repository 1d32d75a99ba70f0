/** Runs of a work that are timed as one, since a clock is coarser than the work. */
const REPEATS = 8;
/** Of the times, those that something else disturbed are left out (Reparaz et al., "Dude, is my code constant time?", 2017). */
const KEPT = 0.8;

/**
 * Welch's t of the times that two works take, over `tries` of each, taken in turns of random order. Beyond 4.5 either way they differ.
 */
export function welch(tries: number, left: () => unknown, right: () => unknown): number {
  const times: readonly [number[], number[]] = [[], []];
  const works = [left, right] as const;
  for (let warm = 0; warm < 500; warm += 1) for (const work of works) timeOf(work);
  for (let tried = 0; tried < tries; tried += 1) {
    const first = Math.random() < 0.5 ? 0 : 1;
    times[first].push(timeOf(works[first]));
    times[1 - first]?.push(timeOf(works[1 - first] as () => unknown));
  }
  const limit = [...times[0], ...times[1]].sort((a, b) => a - b)[Math.floor(2 * tries * KEPT)] as number;
  const [a, b] = times.map((all) => momentsOf(all.filter((time) => time <= limit))) as [Moments, Moments];
  return (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count);
}

interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

function momentsOf(values: readonly number[]): Moments {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { count: values.length, mean, variance };
}

function timeOf(work: () => unknown): number {
  const began = process.hrtime.bigint();
  for (let run = 0; run < REPEATS; run += 1) work();
  return Number(process.hrtime.bigint() - began);
}
