import { type Board, type BoardRow, type Query, series, tile } from '../board.ts';
import { LIMITS, type Limit } from '../limits.ts';
import { OBJECTIVES, type Objective, burnRate } from './objectives.ts';
import { VERSIONS_ROW } from './versions-row.ts';

const WINDOWS = ['5m', '30m', '1h', '6h', '3d'] as const;

/** Burn rates of all objectives over a window. */
const burning = (window: string): [Query, ...Query[]] =>
  OBJECTIVES.map((objective) => ({ expr: burnRate(objective, window), legend: objective.title })) as [Query, ...Query[]];

export const SLO: Board = {
  name: 'waybill-slo',
  title: 'Objectives',
  description: 'Is the gateway as good as promised, and how fast is the budget used. docs/slo.md explains the numbers.',
  versions: true,
  rows: [
    {
      title: 'Golden signals',
      panels: [
        ...OBJECTIVES.map((objective) =>
          tile({
            title: objective.title,
            says: `${objective.says} Shown is what is left of the budget of 30 days, or of the time that Prometheus has kept.`,
            action: objective.action,
            unit: 'percentunit',
            decimals: 0,
            w: 4,
            nothing: 'no traffic',
            limit: LIMITS.budget,
            queries: [{ expr: `waybill:${objective.sli}:budget_remaining30d`, legend: 'left' }],
          }),
        ),
        series({
          title: 'Burn rate over an hour',
          says: 'How many times faster than allowed each budget is used: at 1 it lasts exactly 30 days, at 14.4 two days.',
          action: 'Above the line, and over five minutes too, somebody is paged: open the row of the objective and its runbook.',
          unit: 'none',
          limit: LIMITS.burnRate,
          queries: burning('1h'),
        }),
        series({
          title: 'Burn rate over six hours',
          says: 'The same over six hours: a slower fire that an hour does not show.',
          action:
            'Above the line, and over half an hour too, somebody is paged: what changed six hours ago? Restarts and versions are marked.',
          unit: 'none',
          limit: LIMITS.burnRate6h,
          queries: burning('6h'),
        }),
        series({
          title: 'Burn rate over three days',
          says: 'The same over three days. Above 1 the budget does not last.',
          action: 'No reason to get up: a ticket. Look which objective it is, and plan the work on its cause.',
          unit: 'none',
          limit: LIMITS.burnRate3d,
          queries: burning('3d'),
        }),
        series({
          title: 'Budget left',
          says: 'What is left of each budget, as time goes on.',
          action: 'Below 0 the objective was missed: hold back risky changes until it is above again.',
          unit: 'percentunit',
          limit: LIMITS.budget,
          min: -1,
          max: 1,
          queries: OBJECTIVES.map(({ sli, title }) => ({ expr: `waybill:${sli}:budget_remaining30d`, legend: title })) as [
            Query,
            ...Query[],
          ],
        }),
      ],
    },
    ...OBJECTIVES.map(rowOf),
    VERSIONS_ROW,
  ],
};

function rowOf(objective: Objective): BoardRow {
  const { sli, title, says, action } = objective;
  return {
    title,
    panels: [
      series({
        title: `${title}: share that was bad`,
        says: `${says} The share over each window; nothing without traffic.`,
        action,
        unit: 'percentunit',
        limit: slowBurn(objective),
        queries: WINDOWS.map((window) => ({ expr: `waybill:${sli}:ratio_rate${window}`, legend: window })) as [Query, ...Query[]],
      }),
      series({
        title: `${title}: how many were bad`,
        says: 'How many were bad within five minutes and within half an hour, over all nodes.',
        action: 'If the share is high and these are few, there is little traffic: judge by the canary.',
        unit: 'short',
        ...(objective.least === undefined ? {} : { limit: leastBad(objective.alerts.page, objective.least) }),
        queries: [
          { expr: `waybill:${sli}:bad_increase5m`, legend: '5m' },
          { expr: `waybill:${sli}:bad_increase30m`, legend: '30m' },
        ],
      }),
    ],
  };
}

function slowBurn({ alerts, budget }: Objective): Limit {
  return {
    alerts: [alerts.ticket],
    at: budget,
    bad: 'above',
    words: `more than the ${budget * 100} % that may be bad, over three days and six hours`,
  };
}

function leastBad(alert: string, least: number): Limit {
  return { alerts: [alert], at: least, bad: 'above', words: `at least ${least} in the short window, and the burn rate above its line` };
}
