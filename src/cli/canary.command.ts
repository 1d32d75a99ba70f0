import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { FailedChecks } from './exit-codes.js';

/** What is printed of `ops/canary`. */
interface CanaryRun {
  /** Absent where it was sent now: by the node that answers. */
  readonly node?: string;
  readonly path: 'live' | 'stored';
  readonly result: 'ok' | 'failed' | 'skipped';
  readonly at: number;
  readonly round_trip_ms?: number;
  readonly hops: readonly { readonly hop: string; readonly state: string; readonly at_ms?: number }[];
  readonly broken?: string;
  readonly detail?: string;
}

interface CanaryReport {
  readonly items: readonly { readonly node: string; readonly path: string; readonly last?: CanaryRun; readonly failed_in_row: number }[];
}

const PATHS = { live: 'live message', stored: 'stored message' } as const;

export function addCanaryCommand(program: Command, context: CommandContext): void {
  program
    .command('canary')
    .description('Send a message through the gateway to its own socket, and show each hop, with the API key')
    .option('--last', 'show how the last ones went; send none')
    .addHelpText(
      'after',
      `
The node that answers publishes two messages of its own, one in memory and one by way of the database, and receives them through a real
WebSocket to its own public port. The first hop that breaks is named. Exits with 1 where one did not come back.

Examples:
  waybill canary
  waybill canary --last --json`,
    )
    .action(async ({ last }: { readonly last?: boolean }) => {
      const answer = await context
        .gateway()
        .call(last === true ? { path: 'ops/canary' } : { method: 'POST', path: 'ops/canary', body: {} });
      if (context.wantsJson()) context.terminal.json(answer);
      const runs =
        last === true
          ? (answer as CanaryReport).items.flatMap((item) => (item.last === undefined ? [] : [{ ...item.last, node: item.node }]))
          : (answer as { readonly items: readonly CanaryRun[] }).items;
      if (!context.wantsJson()) for (const line of runs.flatMap(linesOf)) context.terminal.result(line);
      if (runs.length === 0)
        context.terminal.say('No run is known: the canary is off (monitoring.canaryIntervalMs), or the node is stopping.');
      const bad = runs.filter(({ result }) => result === 'failed');
      if (bad.length > 0) throw new FailedChecks(bad.length, false);
    });
}

function linesOf(run: CanaryRun): readonly string[] {
  const when = new Date(run.at).toISOString();
  const where = run.node === undefined ? '' : `${run.node}, `;
  const head =
    run.result === 'ok'
      ? `ok    ${PATHS[run.path]}: ${run.round_trip_ms ?? 0} ms from publish to socket (${where}${when})`
      : `${run.result === 'failed' ? 'FAIL' : 'skip'}  ${PATHS[run.path]}: ${run.broken === undefined ? '' : `${run.broken}: `}${run.detail ?? ''} (${where}${when})`;
  return [
    head,
    ...run.hops.map(({ hop, state, at_ms: at }) =>
      `        ${hop.padEnd(13)}${state.replace('_', ' ').padEnd(12)}${at === undefined ? '' : `${at} ms`}`.trimEnd(),
    ),
  ];
}
