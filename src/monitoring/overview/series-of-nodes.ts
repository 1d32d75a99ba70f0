import { OVERVIEW_NAMES, type OverviewName } from '../../protocol/overview-sample.js';
import type { OverviewSeries } from './overview-history.js';
import { over } from './samples-of-nodes.js';

/**
 * The numbers of all nodes over time. The steps of every node begin at the same times of the wall's clock; a step counts what those nodes knew that were
 * there, and the last one is the last that all have finished.
 */
export function seriesOfNodes(parts: readonly OverviewSeries[], stepMs: number): OverviewSeries {
  const [first] = parts;
  if (first === undefined) throw new Error('the history of no node');
  const lengthOf = ({ series }: OverviewSeries): number => series.connections.length;
  const there = parts.filter((part) => lengthOf(part) > 0);
  if (there.length < 2) return there[0] ?? first;
  const beginOf = ({ from }: OverviewSeries): number => Math.round(from / stepMs);
  const begin = Math.min(...there.map(beginOf));
  const end = Math.min(...there.map((part) => beginOf(part) + lengthOf(part)));
  const steps = Array.from({ length: Math.max(0, end - begin) }, (_, place) => begin + place);
  const series = Object.fromEntries(
    OVERVIEW_NAMES.map((name) => [
      name,
      steps.map((step) =>
        over(
          name,
          there.map((part) => part.series[name][step - beginOf(part)] ?? null),
        ),
      ),
    ]),
  ) as Record<OverviewName, (number | null)[]>;
  return { from: begin * stepMs, series };
}
