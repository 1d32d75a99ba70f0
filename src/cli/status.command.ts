import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { FailedChecks } from './exit-codes.js';
import { table } from './table.js';
import { counted } from './words.js';

/** What is printed of `GET ops/summary`. */
interface Summary {
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly version: string;
  readonly node: string;
  readonly uptime_s: number;
  readonly connections: { readonly open: number; readonly slow: number };
  readonly subscriptions: number;
  readonly health: { readonly status: string };
  readonly nodes: readonly {
    readonly node: string;
    readonly version: string;
    readonly status: string;
    readonly uptime_s: number;
    readonly connections: number;
    readonly subscriptions: number;
    readonly problems: number;
  }[];
  readonly loss: {
    readonly balanced: boolean;
    readonly difference: number;
    readonly windows: readonly (Readonly<
      Record<'matched' | 'written' | 'dropped' | 'unconfirmed' | 'not_written' | 'gaps_told', number>
    > & {
      readonly window: string;
      readonly covers_s: number;
    })[];
  };
  readonly latency: readonly { readonly namespace: string; readonly messages: number; readonly p50_ms: number; readonly p99_ms: number }[];
  readonly limits: readonly {
    readonly name: string;
    readonly used: number;
    readonly limit: number;
    readonly share: number;
    readonly set_by: string;
  }[];
  readonly objectives: readonly {
    readonly name: string;
    readonly objective: number;
    readonly budget_left: number;
    readonly burning: boolean;
    readonly windows: readonly { readonly window: string; readonly good: number; readonly total: number; readonly burn_rate: number }[];
  }[];
  readonly canary: Readonly<
    Partial<Record<'live' | 'stored', { readonly result: string; readonly round_trip_ms?: number; readonly detail?: string }>>
  >;
}

export function addStatusCommand(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('Say whether all is well on every node, and what is wrong first, with the API key')
    .addHelpText(
      'after',
      `
Exits with 1 where something is wrong. Windows reach back to the start of the node at most. Latencies are read from a histogram: the truth
lies within the same bucket.

Examples:
  waybill status
  waybill status --json`,
    )
    .action(async () => {
      const summary = (await context.gateway().call({ path: 'ops/summary' })) as Summary;
      if (context.wantsJson()) context.terminal.json(summary);
      else for (const line of linesOf(summary)) context.terminal.result(line);
      if (!summary.ok) throw new FailedChecks(summary.problems.length, false);
    });
}

function linesOf(summary: Summary): readonly string[] {
  const { problems, version, node, uptime_s: uptime, connections, subscriptions, health } = summary;
  return [
    ...(problems.length === 0 ? ['All is well.'] : problems.map((problem) => `WRONG  ${problem}`)),
    '',
    ...(summary.nodes.length === 1
      ? [
          `${node} (version ${version}) is ${health.status}, up for ${uptime} s: ${counted(connections.open, 'connection')}, ${connections.slow} slow, ${counted(subscriptions, 'subscription')}.`,
        ]
      : nodeLines(summary)),
    ...canaryLines(summary),
    '',
    ...lossLines(summary),
    '',
    ...latencyLines(summary),
    '',
    ...table(
      ['LIMIT', 'USED', 'OF', 'SHARE', 'SET BY'],
      summary.limits.map(({ name, used, limit, share, set_by: by }) => [
        name,
        String(used),
        String(limit),
        `${(share * 100).toFixed(1)} %`,
        by,
      ]),
    ),
    '',
    ...table(
      ['OBJECTIVE', 'OF', 'BUDGET LEFT', ...(summary.objectives[0]?.windows ?? []).map(({ window }) => `BURN ${window}`), ''],
      summary.objectives.map(({ name, objective, budget_left: left, windows, burning }) => [
        name,
        `${objective * 100} %`,
        `${Math.round(left * 100)} %`,
        ...windows.map(({ burn_rate: rate, total }) => (total === 0 ? '-' : String(rate))),
        burning ? 'burning' : '',
      ]),
    ),
  ];
}

function nodeLines({ nodes, connections, subscriptions }: Summary): readonly string[] {
  return [
    `${nodes.length} nodes answer: ${counted(connections.open, 'connection')}, ${connections.slow} slow, ${counted(subscriptions, 'subscription')}.`,
    ...table(
      ['NODE', 'VERSION', 'STATE', 'UP', 'CONNECTIONS', 'SUBSCRIPTIONS', 'PROBLEMS'],
      nodes.map(({ node, version, status, uptime_s: uptime, connections: open, subscriptions: subscribed, problems }) =>
        [node, version, status, `${uptime} s`, open, subscribed, problems].map(String),
      ),
    ),
  ];
}

function canaryLines({ canary }: Summary): readonly string[] {
  const runs = Object.entries(canary);
  if (runs.length === 0) return ['The canary has not run yet.'];
  return runs.map(([path, run]) =>
    run.result === 'ok'
      ? `The canary's ${path} message came back after ${run.round_trip_ms ?? 0} ms.`
      : `The canary's ${path} message: ${run.result}, ${run.detail ?? ''}.`,
  );
}

function lossLines({ loss }: Summary): readonly string[] {
  return [
    loss.balanced ? 'Deliveries balance: none is unaccounted for.' : `Deliveries do not balance: ${loss.difference} are unaccounted for.`,
    ...table(
      ['LAST', 'MATCHED', 'WRITTEN', 'DROPPED', 'UNCONFIRMED', 'NOT WRITTEN', 'GAPS TOLD'],
      loss.windows.map(({ window, matched, written, dropped, unconfirmed, not_written: notWritten, gaps_told: gaps }) =>
        [window, matched, written, dropped, unconfirmed, notWritten, gaps].map(String),
      ),
    ),
  ];
}

function latencyLines({ latency }: Summary): readonly string[] {
  if (latency.length === 0) return ['Nothing was delivered in the last five minutes.'];
  return table(
    ['NAMESPACE', 'MESSAGES IN 5m', 'P50', 'P99'],
    latency.map(({ namespace, messages, p50_ms: p50, p99_ms: p99 }) => [namespace, String(messages), `${p50} ms`, `${p99} ms`]),
  );
}
