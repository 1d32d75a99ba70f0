import type { Command } from 'commander';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { table } from './table.js';

/** What is printed of `GET ops/history`. */
interface History {
  readonly node: string;
  readonly step_s: number;
  readonly from: number;
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

interface HistoryOptions {
  readonly minutes: number;
  readonly step: number;
}

const MS_PER_SECOND = 1_000;
const KIB = 1_024;
const MIB = KIB * KIB;

interface Column {
  readonly head: string;
  readonly series: string;
  readonly text: (value: number) => string;
}

const COLUMNS: readonly Column[] = [
  { head: 'CONNECTIONS', series: 'connections', text: String },
  { head: 'PUBLISHES/S', series: 'publishes_per_s', text: (value) => value.toFixed(1) },
  { head: 'DELIVERIES/S', series: 'deliveries_per_s', text: (value) => value.toFixed(1) },
  { head: 'DROPPED/S', series: 'dropped_per_s', text: (value) => value.toFixed(1) },
  { head: 'P50', series: 'p50_ms', text: (value) => `${value} ms` },
  { head: 'P99', series: 'p99_ms', text: (value) => `${value} ms` },
  { head: 'QUEUED', series: 'queued_bytes', text: (value) => `${Math.ceil(value / KIB)} KiB` },
  { head: 'SLOW', series: 'slow_connections', text: String },
  { head: 'LOOP DELAY', series: 'loop_delay_p99_ms', text: (value) => `${value.toFixed(1)} ms` },
  { head: 'CPU', series: 'cpu_share', text: (value) => `${Math.round(value * 100)} %` },
  { head: 'MEMORY', series: 'rss_bytes', text: (value) => `${Math.round(value / MIB)} MiB` },
  { head: 'READY', series: 'ready', text: (value) => (value === 1 ? 'yes' : 'no') },
];

export function addHistoryCommand(program: Command, context: CommandContext): void {
  program
    .command('history')
    .description('Show how all nodes did over the last hour, with the API key')
    .option('--minutes <number>', 'how far back', wholeNumber, 10)
    .option('--step <seconds>', '1 for the last five minutes at most, or a multiple of 10', wholeNumber, 60)
    .addHelpText(
      'after',
      `
A line for each step, the oldest first; times are those at which a step begins, in UTC. Over all nodes: counts are added up, of latencies and delays the worst node stands for all. Rates are means of the step, queues and delays the worst in
it. Latency is from publish to socket; - stands where nothing was delivered. With --json all numbers that are kept.

Examples:
  waybill history
  waybill history --minutes 1 --step 1
  waybill history --minutes 60 --step 300 --json`,
    )
    .action(async ({ minutes, step }: HistoryOptions) => {
      const history = (await context.gateway().call({ path: `ops/history?minutes=${minutes}&step_s=${step}` })) as History;
      if (context.wantsJson()) return context.terminal.json(history);
      const rows = rowsOf(history);
      if (rows.length === 0)
        return context.terminal.say(`No whole step of ${step} s is over yet on ${history.node}; try a smaller --step.`);
      for (const row of table(['FROM', ...COLUMNS.map(({ head }) => head)], rows)) context.terminal.result(row);
    });
}

function rowsOf({ from, step_s: stepS, series }: History): readonly (readonly string[])[] {
  const steps = series['connections']?.length ?? 0;
  return Array.from({ length: steps }, (_, step) => [
    new Date(from + step * stepS * MS_PER_SECOND).toISOString().slice(11, 19),
    ...COLUMNS.map(({ series: name, text }) => {
      const value = series[name]?.[step];
      return value === null || value === undefined ? '-' : text(value);
    }),
  ]);
}
