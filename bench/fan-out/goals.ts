import { median } from '../rig/median.ts';
import type { Measurement } from './measurement.ts';

/** A run in which other programs took more of the machine than this says nothing, and no median counts it. */
export const MOST_OTHERS = 0.1;

/** A ratio of one figure of two phases, as the design wants it. */
export interface Goal {
  readonly figure: 'perSecond' | 'serverCpu' | 'p99';
  readonly upper: string;
  readonly lower: string;
  readonly sign: '>=' | '<=';
  /** Undefined for a ratio that is only told. */
  readonly wanted: number | undefined;
}

const NAMES: Readonly<Record<Goal['figure'], string>> = { perSecond: 'deliveries/s', serverCpu: 'CPU per delivery', p99: 'p99' };

export const GOAL_HEADER = ['goal', 'wanted', 'measured', 'runs', 'held'];

/**
 * One row: the median of the ratios, each within one repeat. Judged only where at least half of the repeats count: one lucky run is
 * no median.
 */
export function judged(goal: Goal, measurements: readonly Measurement[]): readonly string[] {
  const { figure, upper, lower, sign, wanted } = goal;
  const repeats = new Set(measurements.map(({ repeat }) => repeat)).size;
  const values = ratios(goal, measurements);
  const measured = median(values);
  const isKnown = values.length > 0 && values.length * 2 >= repeats;
  const text = Number.isNaN(measured) ? '-' : measured.toFixed(2);
  const cells = [text, `${values.length} of ${repeats}`];
  const name = `${NAMES[figure]}: ${upper} / ${lower}`;
  if (wanted === undefined) return [name, '-', ...cells, '-'];
  const held = sign === '>=' ? measured >= wanted : measured <= wanted;
  return [name, `${sign} ${wanted}`, ...cells, isKnown ? (held ? 'yes' : 'no') : 'unknown'];
}

/** Of the two phases, in each repeat in which neither was disturbed. */
function ratios({ figure, upper, lower }: Goal, measurements: readonly Measurement[]): readonly number[] {
  const counted = measurements.filter(({ others }) => others <= MOST_OTHERS);
  return counted
    .filter(({ phase }) => phase === upper)
    .flatMap((measurement) => {
      const other = counted.find(({ phase, repeat }) => phase === lower && repeat === measurement.repeat);
      return other === undefined ? [] : [measurement[figure] / other[figure]];
    });
}
