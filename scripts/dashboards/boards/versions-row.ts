import { type BoardPanel, type BoardRow, series } from '../board.ts';
import { LIMITS } from '../limits.ts';
import { own, rate, sum } from '../query.ts';
import { OBJECTIVES, type Objective } from './objectives.ts';

/** Puts the version of its node on each series, as prometheus/rules/versions.rules.yml does. */
const OF_VERSION = '* on (job, instance) group_left (version) waybill:build:version{version=~"$version"}';

function byVersion(inner: string): string {
  return sum(`${inner} ${OF_VERSION}`, 'version');
}

/** For a release that is tried: docs/proxies.md and docs/kubernetes.md say how it gets its share. */
export const VERSIONS_ROW: BoardRow = {
  title: 'By version',
  panels: [
    series({
      title: 'Connections by version',
      says: 'Connections that are open on the nodes of each version: the share that a release has by now.',
      action: 'It follows the weights of the proxy slowly, because connections stay where they are: docs/proxies.md.',
      unit: 'short',
      w: 8,
      stacked: true,
      queries: [{ expr: byVersion(own('waybill_connections')), legend: '{{version}}' }],
    }),
    series({
      title: 'Publishes by version',
      says: 'Publishes that nodes of each version answered in a second, with whatever result.',
      action: 'A share of these that is not that of the connections: clients of the two do not do the same, compare with care.',
      unit: 'ops',
      w: 8,
      queries: [{ expr: byVersion(rate('waybill_publishes_total')), legend: '{{version}}' }],
    }),
    series({
      title: 'Event loop by version',
      says: 'Share of the time that the thread of a node was busy, on the mean over the nodes of each version.',
      action: 'A release that needs more for the same share of clients needs more nodes too, or is not to be promoted.',
      unit: 'percentunit',
      w: 8,
      max: 1,
      queries: [
        {
          expr: `${byVersion(rate('nodejs_eventloop_utilization_histogram_sum'))} / ${byVersion(rate('nodejs_eventloop_utilization_histogram_count'))}`,
          legend: '{{version}}',
        },
      ],
    }),
    ...OBJECTIVES.map(comparison),
  ],
};

function comparison({ sli, title, budget }: Objective): BoardPanel {
  return series({
    title: `${title}: burn rate by version`,
    says: 'How many times faster than allowed each version uses the budget, over five minutes and over an hour; nothing without traffic.',
    action:
      'The new version well above the old one, for an hour or at once above the line: take its share back (docs/proxies.md), then look for the cause.',
    unit: 'none',
    w: 8,
    limit: LIMITS.burnRate,
    queries: [
      { expr: `waybill:${sli}:ratio_rate5m_by_version{version=~"$version"} / ${budget}`, legend: '{{version}}, 5m' },
      { expr: `waybill:${sli}:ratio_rate1h_by_version{version=~"$version"} / ${budget}`, legend: '{{version}}, 1h' },
    ],
  });
}
