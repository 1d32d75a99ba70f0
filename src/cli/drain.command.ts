import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { duration } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { confirm } from './confirm.js';
import { type DrainProgress, type DrainReport, forecastLines, progressLine } from './drain-lines.js';
import { FailedChecks, UsageError } from './exit-codes.js';

const LOOK_EVERY_MS = 1_000;

interface DrainOptions {
  readonly node: string;
  readonly status?: true;
  readonly cancel?: true;
  readonly over?: number;
  readonly deadline?: number;
  readonly wait: boolean;
  readonly yes?: true;
}

export function addDrainCommand(program: Command, context: CommandContext): void {
  program
    .command('drain')
    .description('Empty a node while it runs: say what that does, ask, and follow it to its end, with the API key')
    .option('--status', 'only say how far it is or, where none runs, what a drain would do')
    .option('--cancel', 'take the node back: connections are let in again')
    .option('--over <time>', 'time over which connections are sent away, such as 30s', duration)
    .option('--deadline <time>', 'time after which whoever is left is cut off; at least --over', duration)
    .option('--node <name>', 'the node, whichever answers', 'this')
    .option('--no-wait', 'do not follow it to its end')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
The node answers /readyz with 503 and refuses upgrades; clients are told to reconnect, then closed with 1012, evenly over --over. Publishes under way
get their replies. Then the node stays up, empty, until it is stopped or taken back with --cancel. Stopping this command does not stop the drain.

Examples:
  waybill drain --status
  waybill drain --over 30s
  waybill drain --node node-2
  waybill drain --cancel`,
    )
    .action((options: DrainOptions) => drain(options, context));
}

async function drain(options: DrainOptions, context: CommandContext): Promise<void> {
  const { status, cancel, over, deadline, node, wait, yes } = options;
  if (status === true && cancel === true) throw new UsageError('Give --status or --cancel, not both.');
  const path = `ops/nodes/${encodeURIComponent(node)}/drain`;
  if (cancel === true) {
    const taken = (await context.gateway().call({ method: 'DELETE', path })) as DrainProgress;
    if (context.wantsJson()) return context.terminal.json(taken);
    return context.terminal.result(
      `The node takes connections again. ${taken.closed} of ${taken.connections} had left, ${taken.left} are here.`,
    );
  }
  const plan = { ...(over === undefined ? {} : { over_s: over }), ...(deadline === undefined ? {} : { deadline_s: deadline }) };
  if (status === true || yes !== true) {
    const query = Object.entries(plan)
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    const report = (await context.gateway().call({ path: query === '' ? path : `${path}?${query}` })) as DrainReport;
    if (status === true) return showReport(report, context);
    if (report.forecast !== null) for (const line of forecastLines(report)) context.terminal.say(line);
    await confirm(context);
  }
  const begun = (await context.gateway().call({ method: 'POST', path, body: plan })) as DrainProgress;
  if (wait) return follow(path, context);
  if (context.wantsJson()) context.terminal.json(begun);
  else context.terminal.result(progressLine(begun));
}

function showReport(report: DrainReport, context: CommandContext): void {
  if (context.wantsJson()) return context.terminal.json(report);
  const lines = report.drain === null ? forecastLines(report) : [progressLine(report.drain)];
  for (const line of lines) context.terminal.result(line);
}

/** Until the node is empty or was taken back, or the person has seen enough. */
async function follow(path: string, context: CommandContext): Promise<void> {
  const { interrupted, terminal } = context;
  let last = '';
  for (;;) {
    const { drain: now } = (await context.gateway().call({ path })) as DrainReport;
    if (now === null) throw new FailedChecks(1, false);
    const line = progressLine(now);
    if (now.state !== 'running' || interrupted.aborted) {
      if (context.wantsJson()) terminal.json(now);
      else terminal.result(line);
      return;
    }
    if (line !== last) terminal.say(line);
    last = line;
    await sleep(LOOK_EVERY_MS, undefined, { signal: interrupted }).catch(() => undefined);
  }
}
