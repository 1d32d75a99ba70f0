import type { MissingNode } from '../../protocol/ops/missing-node.js';
import {
  NODE_GLANCE_NAMES,
  type NodeGlance,
  OVERVIEW_FIELDS,
  OVERVIEW_NAMES,
  type OverviewName,
  type OverviewSample,
  type SystemSample,
} from '../../protocol/overview-sample.js';

/** The sample of all nodes, from one of each; `own` is that of the node that adds up. */
export function systemSample(own: OverviewSample, others: readonly OverviewSample[], missing: readonly MissingNode[]): SystemSample {
  const all = [own, ...others].toSorted((one, other) => (one.node < other.node ? -1 : 1));
  const numbers = Object.fromEntries(
    OVERVIEW_NAMES.flatMap((name) =>
      name === 'ready'
        ? []
        : [
            [
              name,
              over(
                name,
                all.map((sample) => sample[name]),
              ),
            ],
          ],
    ),
  ) as Record<Exclude<OverviewName, 'ready'>, number | null>;
  return {
    ...numbers,
    at: own.at,
    node: own.node,
    ready: all.every(({ ready }) => ready),
    degraded: all.length === 1 ? own.degraded : all.flatMap(({ node, degraded }) => degraded.map((part) => `${part} of ${node}`)),
    problems: all.reduce((sum, { problems }) => sum + problems, missing.length),
    nodes: all.map(glanceOf),
    missing,
  };
}

/** Makes one number of those of several nodes; null where none knows it. */
export function over(name: OverviewName, values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  switch (OVERVIEW_FIELDS[name].over) {
    case 'sum':
      return Math.round(known.reduce((sum, value) => sum + value, 0) * 1_000) / 1_000;
    case 'max':
      return Math.max(...known);
    case 'min':
      return Math.min(...known);
  }
}

function glanceOf(sample: OverviewSample): NodeGlance {
  const { node, ready, degraded, problems } = sample;
  const numbers = Object.fromEntries(NODE_GLANCE_NAMES.map((name) => [name, sample[name]])) as Pick<
    OverviewSample,
    (typeof NODE_GLANCE_NAMES)[number]
  >;
  return { node, ...numbers, ready, degraded, problems };
}
