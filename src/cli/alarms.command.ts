import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { FailedChecks } from './exit-codes.js';
import { table } from './table.js';

/** What is printed of `GET ops/alarms`. */
interface Alarm {
  readonly name: string;
  readonly state: 'active' | 'ended';
  readonly severity: string;
  readonly since: number;
  readonly until?: number;
  readonly summary: string;
  readonly affects?: string;
  readonly runbook?: string;
}

export function addAlarmsCommands(program: Command, context: CommandContext): void {
  program
    .command('alarms')
    .description('List what has been wrong for too long on the node that answers, without Prometheus, with the API key')
    .option('--all', 'those that ended too')
    .addHelpText(
      'after',
      `
Exits with 1 where an alarm is active. "waybill runbook NAME" says what to do.

Examples:
  waybill alarms
  waybill alarms --all --json`,
    )
    .action(async ({ all }: { readonly all?: true }) => {
      const path = `ops/alarms?state=${all === true ? 'all' : 'active'}`;
      const { items } = (await context.gateway().call({ path })) as { readonly items: readonly Alarm[] };
      if (context.wantsJson()) for (const item of items) context.terminal.json(item);
      else if (items.length === 0) context.terminal.say('No alarm.');
      else
        for (const row of table(['ALARM', 'STATE', 'SEVERITY', 'SINCE', 'UNTIL', 'WHAT'], items.map(cells))) context.terminal.result(row);
      const active = items.filter(({ state }) => state === 'active').length;
      if (active > 0) throw new FailedChecks(active, false);
    });
  program
    .command('runbook <name>')
    .description('Print what to do about an alarm, with the API key')
    .addHelpText(
      'after',
      `
Examples:
  waybill runbook WaybillMemoryHigh`,
    )
    .action(async (name: string) => {
      const page = (await context.gateway().call({ path: `ops/runbooks/${encodeURIComponent(name)}` })) as { readonly markdown: string };
      if (context.wantsJson()) context.terminal.json(page);
      else context.terminal.result(page.markdown.trimEnd());
    });
}

function cells({ name, state, severity, since, until, summary, affects }: Alarm): readonly string[] {
  return [
    name,
    state,
    severity,
    new Date(since).toISOString(),
    until === undefined ? '-' : new Date(until).toISOString(),
    affects === undefined ? summary : `${summary}; affects ${affects}`,
  ];
}
