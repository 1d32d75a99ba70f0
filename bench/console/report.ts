import { GOAL_HEADER, MOST_OTHERS, figure, judged } from '../rig/goal.ts';
import { median } from '../rig/median.ts';
import { table } from '../rig/table.ts';
import type { Cost, Drawing, ScreenUse } from './measurement.ts';

/** What the project's design asks of the console at 10,000 connections. */
const GOAL = { drawnMs: 1_500, longTaskMs: 200, cores: 0.01 } as const;

export interface Measured {
  readonly drawings: readonly Drawing[];
  readonly screens: readonly ScreenUse[];
  readonly costs: readonly Cost[];
}

const DRAWING_HEADER = ['cold load of the overview', 'ms', 'others %'];
const SCREEN_HEADER = ['screen', 'runs', 'longest task ms', 'long tasks', 'others %'];
const COST_HEADER = ['node', 'runs', 'with a console, % of a core', 'without', 'difference', 'others %'];

/** Medians and goals. What other programs disturbed is left out. */
export function summary({ drawings, screens, costs }: Measured): string {
  const repeats = Math.max(0, ...costs.map(({ repeat }) => repeat));
  const drawn = drawings.filter(isQuiet).map(({ drawnMs }) => drawnMs);
  const names = [...new Set(screens.map(({ screen }) => screen))];
  const goals = [
    judged({ name: 'overview drawn, ms', sign: '<=', wanted: GOAL.drawnMs, digits: 0 }, drawn, drawings.length),
    ...names.map((name) => {
      const longest = screens.filter((one) => one.screen === name && isQuiet(one)).map(({ longestMs }) => longestMs);
      return judged({ name: `longest task, ${name}, ms`, sign: '<', wanted: GOAL.longTaskMs, digits: 0 }, longest, repeats);
    }),
    judged(
      { name: 'cores that a console costs the node', sign: '<', wanted: GOAL.cores, digits: 4 },
      costs.filter(isQuiet).map(differenceOf),
      repeats,
    ),
  ];
  const rows = names.map((name) => {
    const all = screens.filter(({ screen }) => screen === name);
    const counted = all.filter(isQuiet);
    const of = (value: (one: ScreenUse) => number): number => median(counted.map(value));
    return screenLine(name, `${counted.length} of ${all.length}`, {
      longestMs: of(({ longestMs }) => longestMs),
      longTasks: of(({ longTasks }) => longTasks),
      others: of(({ others }) => others),
    });
  });
  return `${table(SCREEN_HEADER, rows)}\n\n${table(GOAL_HEADER, goals)}`;
}

/** Every run, one line each. */
export function runTables({ drawings, screens, costs }: Measured): string {
  return [
    table(
      DRAWING_HEADER,
      drawings.map(({ repeat, drawnMs, others }) => [String(repeat), figure(drawnMs, 0), figure(others * 100, 1)]),
    ),
    table(
      SCREEN_HEADER,
      screens.map((one) => screenLine(one.screen, String(one.repeat), one)),
    ),
    table(
      COST_HEADER,
      costs.map((one) => [
        'gateway',
        String(one.repeat),
        figure(one.withConsole * 100, 2),
        figure(one.without * 100, 2),
        figure(differenceOf(one) * 100, 2),
        figure(one.others * 100, 1),
      ]),
    ),
  ].join('\n\n');
}

function isQuiet({ others }: { readonly others: number }): boolean {
  return others <= MOST_OTHERS;
}

function differenceOf({ withConsole, without }: Cost): number {
  return withConsole - without;
}

function screenLine(
  screen: string,
  runs: string,
  { longestMs, longTasks, others }: Pick<ScreenUse, 'longestMs' | 'longTasks' | 'others'>,
): readonly string[] {
  return [screen, runs, figure(longestMs, 0), figure(longTasks, 0), figure(others * 100, 1)];
}
