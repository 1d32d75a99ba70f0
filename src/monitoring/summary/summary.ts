import type { Found } from '../alarms/condition.js';
import type { Canary } from '../canary/canary.js';
import type { CanaryResult } from '../canary/canary-result.js';
import type { Metrics } from '../metrics/metrics.js';
import type { CounterHistory, Latency } from './history.js';
import type { LimitReport } from './limits.js';
import type { ObjectiveReport } from './objectives.js';
import { problemsOf } from './problems.js';

/** What went missing within a window, over all namespaces: pairs of message and connection. */
export interface LossWindow {
  readonly window: string;
  readonly covers_s: number;
  readonly matched: number;
  readonly written: number;
  readonly dropped: number;
  readonly unconfirmed: number;
  readonly not_written: number;
  /** Holes seen by this node (server), and told to clients. */
  readonly gaps_seen: number;
  readonly gaps_told: number;
}

/** The answers to "is all well?" on this node. */
export interface Wellbeing {
  readonly ok: boolean;
  /** What is wrong, worst first, each a sentence. */
  readonly problems: readonly string[];
  readonly loss: { readonly balanced: boolean; readonly difference: number; readonly windows: readonly LossWindow[] };
  /** From acceptance to the last write on this node, over the last five minutes. */
  readonly latency: readonly (Latency & { readonly namespace: string })[];
  /** Nearest to its end first. */
  readonly limits: readonly LimitReport[];
  readonly objectives: readonly ObjectiveReport[];
  readonly canary: { readonly live?: CanaryResult; readonly stored?: CanaryResult };
}

export interface SummarySources {
  readonly metrics: Metrics;
  readonly history: CounterHistory;
  readonly canary: Canary;
}

const LOSS_WINDOWS = { '5m': 300, '1h': 3_600 } as const;
const LATENCY_WINDOW_S = 300;

/** @param isAlarm whether there is an alarm of this name. */
export function wellbeingOf({ history, canary, metrics }: SummarySources, found: Found, isAlarm?: (name: string) => boolean): Wellbeing {
  const { namespaces } = metrics;
  const { difference, objectives, limits } = found;
  const [live, stored] = [canary.last('live'), canary.last('stored')];
  const problems = problemsOf(found, isAlarm);
  return {
    ok: problems.length === 0,
    problems,
    loss: {
      balanced: difference === 0,
      difference,
      windows: Object.entries(LOSS_WINDOWS).map(([window, seconds]) => lossOf(history, namespaces, window, seconds)),
    },
    latency: latencyOf(history, namespaces),
    limits,
    objectives,
    canary: { ...(live === undefined ? {} : { live }), ...(stored === undefined ? {} : { stored }) },
  };
}

function lossOf(history: CounterHistory, namespaces: readonly string[], window: string, seconds: number): LossWindow {
  const rise = history.window(seconds);
  const sum = (result: string): number => namespaces.reduce((total, namespace) => total + rise.of(`${namespace} ${result}`), 0);
  return {
    window,
    covers_s: Math.round(rise.seconds),
    matched: sum('matched'),
    written: sum('written'),
    dropped: sum('dropped'),
    unconfirmed: sum('unconfirmed'),
    not_written: sum('not_written'),
    gaps_seen: rise.of('gaps server'),
    gaps_told: rise.of('gaps client'),
  };
}

function latencyOf(history: CounterHistory, namespaces: readonly string[]): Wellbeing['latency'] {
  const window = history.window(LATENCY_WINDOW_S);
  return namespaces.map((namespace) => ({ namespace, ...history.latency(window, namespace) })).filter(({ messages }) => messages > 0);
}
