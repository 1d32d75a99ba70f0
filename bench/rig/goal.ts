import { median } from './median.ts';

/** A figure that the project's design asks for. */
export interface Goal {
  readonly name: string;
  readonly sign: '>=' | '<=' | '<';
  readonly wanted: number;
  /** Digits behind the point. */
  readonly digits: number;
}

export const GOAL_HEADER = ['goal', 'wanted', 'measured', 'runs', 'held'] as const;

/** A run in which other programs took more of the machine than this share says nothing, and no median counts it. */
export const MOST_OTHERS = 0.1;

/**
 * One line under `GOAL_HEADER`: the median of the values of the repeats that count. Judged only where at least half of the repeats
 * count: one lucky run is no median.
 */
export function judged({ name, sign, wanted, digits }: Goal, values: readonly number[], repeats: number): readonly string[] {
  const measured = median(values);
  const held = sign === '>=' ? measured >= wanted : sign === '<' ? measured < wanted : measured <= wanted;
  const judgement = values.length * 2 < repeats ? 'unknown' : held ? 'yes' : 'no';
  return [name, `${sign} ${wanted}`, figure(measured, digits), `${values.length} of ${repeats}`, judgement];
}

/** A number for a table; a dash where there is none. */
export function figure(value: number, digits: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(digits);
}
