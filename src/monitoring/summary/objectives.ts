import { CANARY_NAMESPACE } from '../../protocol/topic-name.js';
import { DELIVERY_SECONDS } from '../metrics/buckets.js';
import type { CounterHistory, Window } from './history.js';

/** What this gateway promises of itself. */
interface Objective {
  readonly name: string;
  /** Share that must be good. */
  readonly objective: number;
  /** What is counted as good, in words. */
  readonly good_is: string;
  /** How many must be bad in the short window before it burns. */
  readonly leastBad: number;
  readonly count: (window: Window, namespaces: readonly string[]) => readonly [good: number, bad: number];
}

export interface WindowReport {
  readonly window: string;
  /** How much of the window this node has lived through, seconds. */
  readonly covers_s: number;
  readonly good: number;
  readonly total: number;
  /** How many times faster than the budget allows it is used; 1 uses it up exactly. */
  readonly burn_rate: number;
}

export interface ObjectiveReport {
  readonly name: string;
  readonly objective: number;
  readonly good_is: string;
  readonly windows: readonly WindowReport[];
  /** Share of the budget of the longest window that is left; below 0 it was missed. */
  readonly budget_left: number;
  /** Whether one of the pairs of windows that page somebody is over its rate: 1 h and 5 min at 14.4, 6 h and 30 min at 6; with enough that was bad in the short one. */
  readonly burning: boolean;
}

const WINDOWS = { '5m': 300, '30m': 1_800, '1h': 3_600, '6h': 21_600 } as const;
type WindowName = keyof typeof WINDOWS;
const PAGES: readonly (readonly [long: WindowName, short: WindowName, rate: number])[] = [
  ['1h', '5m', 14.4],
  ['6h', '30m', 6],
];
/** One failure of three at night is a share that means nothing: so many must be bad in the short window. docs/adr/0030 has the reasons. */
const LEAST_BAD = 10;
/** Seconds within which a delivery is in time. */
const IN_TIME = 0.25;

const plain =
  (name: string) =>
  (window: Window): readonly [number, number] => [window.of(`${name} good`), window.of(`${name} bad`)];

const OBJECTIVES: readonly Objective[] = [
  {
    name: 'handshakes',
    objective: 0.999,
    good_is: 'upgrades that were let in, of those whose failure was ours',
    leastBad: LEAST_BAD,
    count: plain('handshakes'),
  },
  {
    name: 'publishes',
    objective: 0.999,
    good_is: 'publishes that were accepted, of those whose failure was ours',
    leastBad: LEAST_BAD,
    count: plain('publishes'),
  },
  {
    name: 'delivery_latency',
    objective: 0.99,
    good_is: 'messages written within 250 ms of their acceptance',
    leastBad: LEAST_BAD,
    count: inTime,
  },
  {
    name: 'delivery',
    objective: 0.999,
    good_is: 'deliveries that were written, of these and those that a failure of ours lost',
    leastBad: LEAST_BAD,
    count: delivered,
  },
  {
    name: 'recovery',
    objective: 0.99,
    good_is: 'subscriptions that were given all they had missed; topics in memory that began anew are left aside',
    leastBad: LEAST_BAD,
    count: plain('recoveries'),
  },
  { name: 'canary', objective: 0.999, good_is: 'runs of the canary that came back', leastBad: 0, count: plain('canary') },
];

/** `prometheus/rules/slo.rules.yml` counts in the same way; a test holds the two together. */
export function objectivesOf(history: CounterHistory, namespaces: readonly string[]): readonly ObjectiveReport[] {
  const judged = namespaces.filter((namespace) => namespace !== CANARY_NAMESPACE);
  const windows = Object.entries(WINDOWS).map(([name, seconds]) => [name, history.window(seconds)] as const);
  return OBJECTIVES.map((objective) => {
    const counts = windows.map(([window, rise]): WindowCount => {
      const [good, bad] = objective.count(rise, judged);
      return { window, covers_s: Math.round(rise.seconds), good, total: good + bad };
    });
    return reportOf(objective, counts);
  });
}

/** The same over several nodes: what each counted is added up, and judged as one. */
export function objectivesOfNodes(parts: readonly (readonly ObjectiveReport[])[]): readonly ObjectiveReport[] {
  return OBJECTIVES.map((objective) => {
    const reports = parts.flatMap((part) => part.find(({ name }) => name === objective.name) ?? []);
    const counts = Object.keys(WINDOWS).map((window): WindowCount => {
      const found = reports.flatMap(({ windows }) => windows.find((report) => report.window === window) ?? []);
      const sum = (of: (report: WindowReport) => number): number => found.reduce((total, report) => total + of(report), 0);
      return {
        window,
        covers_s: Math.max(0, ...found.map(({ covers_s: seconds }) => seconds)),
        good: sum(({ good }) => good),
        total: sum(({ total }) => total),
      };
    });
    return reportOf(objective, counts);
  });
}

type WindowCount = Omit<WindowReport, 'burn_rate'>;

function reportOf({ name, objective, good_is, leastBad }: Objective, counts: readonly WindowCount[]): ObjectiveReport {
  const windows = counts.map((count): WindowReport => {
    const burn = count.total === 0 ? 0 : (count.total - count.good) / count.total / (1 - objective);
    return { ...count, burn_rate: Math.round(burn * 100) / 100 };
  });
  const of = (window: WindowName): WindowReport | undefined => windows.find((report) => report.window === window);
  const rate = (window: WindowName): number => of(window)?.burn_rate ?? 0;
  const bad = (window: WindowName): number => (of(window)?.total ?? 0) - (of(window)?.good ?? 0);
  const burning = PAGES.some(([long, short, most]) => rate(long) >= most && rate(short) >= most && bad(short) >= leastBad);
  return { name, objective, good_is, windows, budget_left: Math.round((1 - rate('6h')) * 100) / 100, burning };
}

function inTime(window: Window, namespaces: readonly string[]): readonly [number, number] {
  const edge = DELIVERY_SECONDS.findIndex((seconds) => seconds >= IN_TIME);
  let [good, bad] = [0, 0];
  for (const namespace of namespaces) {
    for (let place = 0; place <= DELIVERY_SECONDS.length; place += 1) {
      const count = window.of(`${namespace} latency ${place}`);
      if (place <= edge) good += count;
      else bad += count;
    }
  }
  return [good, bad];
}

/**
 * What a namespace's slow policy drops is what was asked for there, and its clients were told: it is neither good nor bad. Nor is what waited
 * for a client that left.
 */
function delivered(window: Window, namespaces: readonly string[]): readonly [number, number] {
  const sum = (result: string): number => namespaces.reduce((total, namespace) => total + window.of(`${namespace} ${result}`), 0);
  return [sum('written'), window.of('lost by us')];
}
